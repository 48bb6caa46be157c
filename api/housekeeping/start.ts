import { parsePools } from '../../infra/domain/pools.ts'
import type { BlobStore } from '../../infra/ports/blob-store.ts'
import { repeat } from '../../infra/runtime/repeat.ts'
import type { ApiConfig } from '../config.ts'
import { PICTURES_PREFIX, UPLOADS_PREFIX } from '../store-pictures.ts'
import { type ReconcileDeps, reconcile } from './reconcile.ts'
import { sweep } from './sweep.ts'

const RECONCILE_MS = 5_000
/** Longer than the broker adapter's publish deadline of 5 s: a publish still under way must not be doubled. */
const UNCONFIRMED_MS = 8_000
/** Longer than the longest retry delay of 15 s, during which a message is in neither lane. */
const STALE_MS = 30_000
/** A worker in the middle of a job ends it itself; after this nobody will. */
const OVERDUE_MS = 5_000
const LIMIT = 500

export interface HousekeepingDeps extends ReconcileDeps {
  readonly blobs: Pick<BlobStore, 'list' | 'delete'>
}

/** What every api process does beside answering: mend what a crash left behind, delete what nobody may keep. */
export const startHousekeeping = (
  deps: HousekeepingDeps,
  config: Pick<ApiConfig, 'POOLS' | 'API_PICTURE_TTL_MS' | 'API_SWEEP_MS'>,
): { stop(): Promise<void> } => {
  const reconcileConfig = {
    pools: parsePools(config.POOLS),
    unconfirmedMs: UNCONFIRMED_MS,
    staleMs: STALE_MS,
    overdueMs: OVERDUE_MS,
    limit: LIMIT,
  }
  const rounds = [
    repeat('reconcile', RECONCILE_MS, deps.log, () => reconcile(deps, reconcileConfig)),
    repeat('sweep', config.API_SWEEP_MS, deps.log, (signal) =>
      sweep(
        deps,
        { prefixes: [PICTURES_PREFIX, UPLOADS_PREFIX], ttlMs: config.API_PICTURE_TTL_MS, now: Date.now() },
        signal,
      ),
    ),
  ]
  return {
    async stop() {
      await Promise.all(rounds.map((round) => round.stop()))
    },
  }
}
