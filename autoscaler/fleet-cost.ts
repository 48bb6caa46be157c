import { account, type CostReport } from '../infra/cost/account.ts'
import { type PriceFile, withoutPrices } from '../infra/cost/price-file.ts'
import { HOUR_MS, hourOf } from './node-hours/node-hours.ts'
import { type MeasuredDeps, readMeasured } from './node-hours/read-measured.ts'

/** What pools took of node time, and of money where prices are known. */
export interface FleetCost {
  readonly report: CostReport
  /** false: all money in the report is 0 because nobody said what a node costs */
  readonly priced: boolean
}

/**
 * Reckons what a period cost: the same arithmetic as `./muster cost`, for the pools there are now.
 * @param since epoch ms; the whole of its hour counts @param until epoch ms @param now epoch ms
 * @throws UnavailableError
 */
export type ReckonCost = (since: number, until: number, now: number) => Promise<FleetCost>

/** Builds it. @param prices undefined = they are not known; those that are name every pool */
export const createReckonCost =
  (deps: MeasuredDeps, pools: readonly string[], prices?: PriceFile): ReckonCost =>
  async (since, until, now) => {
    const from = hourOf(since)
    const end = hourOf(until - 1) + HOUR_MS
    const all = await readMeasured(deps, pools, { from, until: end, now })
    const own = <T extends { readonly pool: string }>(rows: readonly T[]) =>
      rows.filter(({ pool }) => pools.includes(pool))
    const measured = { nodeHours: own(all.nodeHours), usage: own(all.usage), presence: own(all.presence) }
    const report = account(measured, prices ?? withoutPrices(pools), from, Math.min(end, now))
    return { report, priced: prices !== undefined }
  }
