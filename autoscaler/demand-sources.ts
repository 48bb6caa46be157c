import type { DemandSources } from '../infra/domain/scaling.ts'
import type { DemandSource } from '../infra/ports/demand-store.ts'

/** An api tells every few seconds, five at most: this is several that did not come, and the time one may take. */
export const SILENT_MS = 30_000
/** Whoever has been silent for so long is dead; callers have gone to the others, who tell of them. */
const DEAD_MS = 300_000

/** @param ownAheadMs this process's clock against the database's */
export const sourcesOf = (sources: readonly DemandSource[], ownAheadMs: number): DemandSources => {
  const ages = sources.map(({ ageMs }) => ageMs)
  return {
    count: sources.length,
    silentCount: ages.filter((ageMs) => ageMs > SILENT_MS && ageMs <= DEAD_MS).length,
    heardMs: ages.length > 0 ? Math.min(...ages) : undefined,
    clockSkewMs: Math.max(Math.abs(ownAheadMs), ...sources.map(({ aheadMs }) => Math.abs(aheadMs))),
  }
}

/**
 * Until when the demand is known: until the one who told it longest ago did, of those who still tell; else until the last
 * word of all. undefined = nobody ever told. @param at epoch ms
 */
export const toldUntil = (sources: readonly DemandSource[], at: number): number | undefined => {
  const ages = sources.map(({ ageMs }) => ageMs)
  const live = ages.filter((ageMs) => ageMs <= SILENT_MS)
  if (live.length > 0) return at - Math.max(...live)
  return ages.length > 0 ? at - Math.min(...ages) : undefined
}
