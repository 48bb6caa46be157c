import { setTimeout as pause } from 'node:timers/promises'
import type { NodeTold } from '../../infra/domain/fleet-node.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { NodeStore } from '../../infra/ports/node-store.ts'
import { repeat } from '../../infra/runtime/repeat.ts'
import { createDrainWish } from './drain-wish.ts'

/** How soon a change is told of. */
const LOOK_MS = 1_000
/** A node that starts does not wait longer for a database. */
const PATIENCE_MS = 3_000
/** One that ends has its own grace to keep to, and is taken for silent when it cannot say so. */
const STOP_MS = 1_000

/** What tells, and who acts on what it hears. */
export interface NodeNotesDeps {
  /** undefined = there is nobody to tell */
  readonly store: Pick<NodeStore, 'tell' | 'left'> | undefined
  /** how the node is at this moment */
  readonly told: () => NodeTold
  readonly onDrain: (draining: boolean) => void
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: Logger
  /** between two words while nothing changes */
  readonly everyMs: number
  readonly patienceMs?: number
}

/** Tells the fleet how this node is and hears what is wished of it. Nobody waits for it, and a node without works as before. */
export interface NodeNotes {
  /** Resolves when it is known whether the node is to work, or soon after: a node that was drained must not begin with work. */
  readonly begun: Promise<void>
  /** the node ends, and says so */
  stop(): Promise<void>
}

/** Workers whose state, not whose jobs, differs: these change all the time. */
const outlineOf = ({ state, workers, devices }: NodeTold): string =>
  JSON.stringify([state, workers.map(({ pool, index, pid, state: its }) => [pool, index, pid, its]), devices.length])

export const startNodeNotes = (deps: NodeNotesDeps): NodeNotes => {
  const { store, told, onDrain, clock, log, everyMs, patienceMs = PATIENCE_MS } = deps
  if (!store) return { begun: Promise.resolve(), stop: () => Promise.resolve() }
  const wish = createDrainWish({ clock, log, onChange: onDrain })
  let outline = ''
  let nextAt = 0
  let away = false

  const tell = async (): Promise<void> => {
    const node = told()
    outline = outlineOf(node)
    nextAt = clock.monotonic() + everyMs
    try {
      const { drain } = await store.tell(node)
      wish.heard(drain)
      if (away) log.info({}, 'the fleet hears of this node again')
      away = false
    } catch (error) {
      if (!away) log.warn({ error }, 'the fleet could not be told of this node: the last wish holds')
      away = true
    }
  }

  const within = async (ms: number, work: Promise<unknown>): Promise<void> => {
    const late = new AbortController()
    await Promise.race([work, pause(ms, undefined, { signal: late.signal }).catch(() => {})])
    late.abort()
  }

  let telling = tell()
  const begun = within(patienceMs, telling)
  const looking = repeat('tell of the node', LOOK_MS, log, async () => {
    wish.check()
    if (clock.monotonic() < nextAt && outlineOf(told()) === outline) return
    await telling
    telling = tell()
    await telling
  })
  const leave = async (): Promise<void> => {
    await looking.stop()
    await store.left(told().id).catch((error: unknown) => log.warn({ error }, 'the fleet was not told that it ends'))
  }
  return {
    begun,
    stop: () => within(Math.min(patienceMs, STOP_MS), leave()),
  }
}
