import type { Measured } from '../../infra/cost/pool-hours.ts'
import type { NodeHour } from '../../infra/ports/node-hour-store.ts'
import type { UsageStore } from '../../infra/ports/usage-store.ts'
import { type HoursDeps, openHours } from './close-hours.ts'

/** Where it is read from. */
export interface MeasuredDeps {
  readonly decisions: HoursDeps['decisions']
  readonly nodeHours: HoursDeps['nodeHours'] & {
    list(from: number, until: number): Promise<readonly NodeHour[]>
  }
  readonly usage: Pick<UsageStore, 'usage' | 'presence'>
}

/**
 * What was measured of a period: of whole hours what is kept, and of the newest what the decisions tell.
 * @param pools whose newest hours are read from their decisions
 * @param from epoch ms @param until epoch ms @param now epoch ms
 * @throws UnavailableError
 */
export const readMeasured = async (
  { decisions, nodeHours, usage }: MeasuredDeps,
  pools: readonly string[],
  { from, until, now }: { readonly from: number; readonly until: number; readonly now: number },
): Promise<Measured> => {
  const [kept, used, presence] = await Promise.all([
    nodeHours.list(from, until),
    usage.usage(from, until),
    usage.presence(from, until),
  ])
  const open: NodeHour[] = []
  for (const pool of pools) open.push(...(await openHours({ decisions, nodeHours }, pool, from, now)))
  return { nodeHours: [...kept, ...open.filter(({ hour }) => hour < until)], usage: used, presence }
}
