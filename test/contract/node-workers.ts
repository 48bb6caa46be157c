import { describe, expect, it } from 'vitest'
import type { Job } from '../../infra/domain/job.ts'
import type { Json } from '../../infra/domain/json.ts'

/** One worker process as its way of running sees it. */
export interface WorkerSeen {
  readonly pid: number
  readonly ready: boolean
}

/** The workers of one GPU node, run in one of the three ways. */
export interface NodeWorkers {
  /** every worker there is */
  workers(): Promise<readonly WorkerSeen[]>
  /** resolves when so many are ready */
  ready(count: number): Promise<readonly WorkerSeen[]>
  /** does the node's check, which Nomad asks, say that all is well? */
  wellAsNomadSees(): Promise<boolean>
  /** tell it to stop as Nomad does: a signal to the one process it knows. @returns the exit code */
  stop(): Promise<number | null>
  /** processes, containers and ports that are still there, in words */
  leftovers(): Promise<readonly string[]>
}

/** A job that is on its way. */
export interface Submitted {
  in(state: string): Promise<Job>
}

/** A way of running workers, on real servers. */
export interface NodeWorkersWorld {
  start(count: number): Promise<NodeWorkers>
  submit(options: Record<string, Json>): Promise<Submitted>
  /** ask again until it is so */
  until<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T>
}

/**
 * What each way of running several workers on a GPU node promises: the same for all three, so that a site can change from one
 * to another. Workers are real processes on a real broker and database in every way; only their models are scripted.
 */
export const describeNodeWorkers = (way: string, open: () => Promise<NodeWorkersWorld>): void => {
  describe(`workers of a node, ${way}`, () => {
    it('start, are ready one by one, and all take jobs', async () => {
      const world = await open()
      const node = await world.start(2)
      const workers = await node.ready(2)
      expect(new Set(workers.map(({ pid }) => pid)).size).toBe(2)
      await world.until('the check passes', () => node.wellAsNomadSees())
      const jobs = await Promise.all([1, 2, 3, 4].map((echo) => world.submit({ echo })))
      for (const job of jobs) expect(await job.in('succeeded')).toMatchObject({ attempt: 1 })
    })

    it('are replaced one by one: a neighbour goes on', async () => {
      const world = await open()
      const node = await world.start(2)
      const [victim, neighbour] = await node.ready(2)
      process.kill(victim?.pid ?? 0, 'SIGKILL')
      const replaced = await world.until('two are ready again', async () => {
        const now = (await node.workers()).filter(({ ready }) => ready)
        return now.length === 2 && now.every(({ pid }) => pid !== victim?.pid) && now
      })
      expect(replaced.map(({ pid }) => pid)).toContain(neighbour?.pid)
      expect(await (await world.submit({ echo: 'after' })).in('succeeded')).toMatchObject({ attempt: 1 })
    })

    it('finish what they have when the node is told to stop, and nothing of it is left behind', async () => {
      const world = await open()
      const node = await world.start(2)
      await node.ready(2)
      const inHand = await world.submit({ do: 'slow', ms: 1_500, echo: 'in hand' })
      await inHand.in('running')
      expect(await node.stop()).toBe(0)
      expect(await inHand.in('succeeded')).toMatchObject({ attempt: 1, result: { echo: 'in hand' } })
      await world.until('nothing is left', async () => (await node.leftovers()).length === 0)
    })
  })
}
