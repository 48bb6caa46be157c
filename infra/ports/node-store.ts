import type { Drain, FleetNodes, NodeTold } from '../domain/fleet-node.ts'

/** What a node hears when it tells how it is. */
export interface NodeAnswer {
  /** it is wished to do no work, for so long from now; undefined = it is not */
  readonly drain: { readonly reason: string; readonly leftMs: number } | undefined
}

/** A wish before it is one. */
export interface NewDrain extends Pick<Drain, 'node' | 'reason' | 'actor'> {
  readonly durationMs: number
}

/**
 * Nodes of the whole fleet, and what people wish of them. The database's clock says who is silent and when a wish ends.
 * @throws UnavailableError; no node waits for this: one that cannot tell works all the same
 */
export interface NodeStore {
  /** Say how a node is and hear what is wished of it, in one go. What a dead supervisor of the same place left is removed. */
  tell(node: NodeTold): Promise<NodeAnswer>
  /** It ends on purpose: nobody has to wonder where it is. @param id of the supervisor */
  left(id: string): Promise<void>
  /** @param limit of the nodes, by name */
  list(limit: number): Promise<FleetNodes>
  /** Nodes of a pool that are there and do no work because people wish it: whoever places them counts them all the same. */
  drainedCount(pool: string): Promise<number>
  /** Wish it; a wish that holds is replaced, and keeps its beginning. */
  drain(wish: NewDrain): Promise<Drain>
  /** Take a wish back. @returns undefined = none held */
  release(node: string): Promise<Drain | undefined>
  /** Remove the wishes that are over. Each is given to one caller only. */
  takeExpired(): Promise<readonly Drain[]>
  /** Remove nodes that have been silent for so long, but for those with a wish. @returns how many */
  forget(silentMs: number): Promise<number>
}
