import { setTimeout as pause } from 'node:timers/promises'
import { NothingThereError, UsageError } from '../exit-code.ts'

/** Models are loaded and tried out in it. */
const READY_MS = 300_000
const LOOK_MS = 500
const ASK_MS = 5_000

interface Report {
  readonly desired: number
  readonly ready: number
  readonly leaving: number
}

/** The workers of one pool on a node that can be reached, so that several numbers of them can be measured. */
export interface NodeCount {
  read(): Promise<number>
  /** Resolves when exactly so many take jobs. */
  set(count: number): Promise<void>
  /** @throws UsageError when somebody else has changed it since */
  mustBe(count: number): Promise<void>
}

/**
 * @param url of the node's admin listener
 * @throws NothingThereError from its calls when the node does not answer, or has no such pool
 * @throws UsageError when the node refuses the change
 */
export const createNodeCount = (
  url: string,
  pool: string,
  { token, lookMs = LOOK_MS, readyMs = READY_MS }: { token?: string; lookMs?: number; readyMs?: number } = {},
): NodeCount => {
  const call = async (init: RequestInit = {}): Promise<Report> => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
    const signal = AbortSignal.timeout(ASK_MS)
    const answer = await fetch(new URL(`/pools/${pool}/count`, url), { ...init, headers, signal }).catch(
      () => undefined,
    )
    if (!answer) throw new NothingThereError('the node does not answer: NODE_URL, or --node, says where it is')
    if (answer.status === 404) throw new NothingThereError(`the node has no pool ${pool}`)
    if (answer.status === 409) throw new UsageError('so many workers are more than NODE_MAX_WORKERS allows')
    if (!answer.ok) throw new UsageError(`the node refuses another count (status ${answer.status}): NODE_ADMIN_TOKEN`)
    return (await answer.json()) as Report
  }
  const read = async (): Promise<number> => (await call()).desired
  return {
    read,
    async set(count) {
      await call({ method: 'PUT', body: JSON.stringify({ count }) })
      for (const end = performance.now() + readyMs; performance.now() < end; await pause(lookMs)) {
        const { desired, ready, leaving } = await call()
        if (desired === count && ready === count && leaving === 0) return
      }
      throw new NothingThereError(`${count} workers did not become ready`)
    },
    async mustBe(count) {
      const now = await read()
      if (now !== count)
        throw new UsageError(
          `somebody changed the count from ${count} to ${now} meanwhile: AUTOSCALER_MODE=forecast-only keeps the autoscaler from it`,
        )
    },
  }
}

/**
 * In which order measurements are kept: the autoscaler reckons with the newest, so that of the number that the node goes on
 * with comes last. Pure.
 * @param goesOnWith workers the node had before, and has again
 */
export const savingOrder = <T extends { readonly workersPerNode: number; readonly checksPerSecond: number }>(
  measured: readonly T[],
  goesOnWith: number,
): readonly T[] => {
  const last = measured.find(({ workersPerNode }) => workersPerNode === goesOnWith)
  return last ? [...measured.filter((one) => one !== last), last] : measured
}
