import type { TaskName } from '../../infra/domain/task.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { Executor, TaskItem } from '../executor.ts'
import type { ModelRuns, Ran } from '../model-runs.ts'
import { isFailure } from './compare.ts'
import type { HeldItem } from './part.ts'
import type { Tally } from './tally.ts'

/** Copies that wait for the candidate: what is more is dropped, so that a shadow never takes the memory of the jobs. */
const MAX_HELD_COUNT = 8
const MAX_HELD_BYTES = 64 * 1024 * 1024
/** Until the worker is looked at again while it has better to do. */
const LOOK_AGAIN_MS = 25

export interface ShadowLaneDeps {
  readonly task: TaskName
  /** the candidate's own */
  readonly executor: Pick<Executor, 'run'>
  /** of the base: it goes first */
  readonly base: Pick<ModelRuns, 'isIdle' | 'batchCount'>
  readonly tally: Pick<Tally, 'compared' | 'dropped' | 'failed'>
  readonly clock: Clock
}

/** Where the candidate judges what the base has answered. Nothing here can fail or hold up a job. */
export interface ShadowLane {
  /** @returns undefined when there is no room */
  hold(item: TaskItem): HeldItem | undefined
  /** what waits is dropped, uncounted */
  close(): void
}

interface Waiting {
  readonly copy: TaskItem
  readonly base: Ran
  readonly bytes: number
}

const bytesOf = ({ pictures }: TaskItem): number =>
  Object.values(pictures).reduce((sum, { data }) => sum + data.byteLength, 0)

/** The original's pixels move to the base's thread. */
const copyOf = ({ pictures, options }: TaskItem): TaskItem => ({
  options,
  pictures: Object.fromEntries(
    Object.entries(pictures).map(([name, picture]) => [name, { ...picture, data: new Uint8Array(picture.data) }]),
  ),
})

/** One item after the other, and only while the base has nothing to do. */
export const createShadowLane = ({ task, executor, base, tally, clock }: ShadowLaneDeps): ShadowLane => {
  const waiting: Waiting[] = []
  let [heldCount, heldBytes] = [0, 0]
  let [running, closed] = [false, false]
  let timer: NodeJS.Timeout | undefined

  const letGo = (bytes: number): void => {
    heldCount -= 1
    heldBytes -= bytes
  }

  const judge = async ({ copy, base: { answer, inferMs, batchSize } }: Waiting): Promise<void> => {
    const before = base.batchCount()
    const start = clock.monotonic()
    const [own] = await executor.run(task, [copy])
    if (closed) return
    if (!own) return tally.failed()
    // Beside other work, or against a batch of several, it would be slow through no fault of its own.
    const isFair = base.batchCount() === before && batchSize === 1
    tally.compared(answer, own, isFair ? { base: inferMs, candidate: clock.monotonic() - start } : undefined)
  }

  const pump = async (): Promise<void> => {
    clearTimeout(timer)
    if (running) return
    running = true
    while (waiting.length > 0 && !closed && base.isIdle()) {
      const next = waiting.shift() as Waiting
      await judge(next).catch(() => closed || tally.failed())
      letGo(next.bytes)
    }
    running = false
    if (waiting.length > 0 && !closed) timer = setTimeout(() => void pump(), LOOK_AGAIN_MS).unref()
  }

  return {
    hold(item) {
      const bytes = bytesOf(item)
      if (heldCount >= MAX_HELD_COUNT || heldBytes + bytes > MAX_HELD_BYTES) {
        tally.dropped()
        return undefined
      }
      heldCount += 1
      heldBytes += bytes
      const copy = copyOf(item)
      return {
        judge(ran) {
          // What the base failed at is nothing to compare with.
          if (closed || isFailure(ran.answer)) return letGo(bytes)
          waiting.push({ copy, base: ran, bytes })
          void pump()
        },
        drop: () => letGo(bytes),
      }
    },
    close() {
      closed = true
      clearTimeout(timer)
      waiting.length = 0
    },
  }
}
