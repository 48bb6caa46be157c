import { parsePools } from '../../infra/domain/pools.ts'
import type { AuditTrail } from '../../infra/ports/audit-log.ts'
import type { BlobStore } from '../../infra/ports/blob-store.ts'
import type { DeadLetters } from '../../infra/ports/dead-letters.ts'
import type { Dispatcher } from '../../infra/ports/dispatcher.ts'
import type { DatabaseProbe } from '../../infra/ports/doctor.ts'
import type { ErasureStore } from '../../infra/ports/erasure-store.ts'
import type { JobDays } from '../../infra/ports/job-days.ts'
import type { ResultCache } from '../../infra/ports/result-cache.ts'
import type { RetentionStore } from '../../infra/ports/retention-store.ts'
import type { TenantStore } from '../../infra/ports/tenant-store.ts'
import { systemClock } from '../../infra/runtime/clock.ts'
import { type Repeated, repeat } from '../../infra/runtime/repeat.ts'
import { createClearJobs } from '../clear-jobs.ts'
import type { Completions } from '../completions.ts'
import type { ApiConfig } from '../config.ts'
import { createErase, type EraseDeps } from '../erase-job.ts'
import { createPurgeDeadLetters } from '../purge-dead-letters.ts'
import { PICTURES_PREFIX, UPLOADS_PREFIX } from '../store-pictures.ts'
import { createTenantSettings } from '../tenant-settings.ts'
import { createAuditHead } from './audit-head.ts'
import { createDayRound } from './days.ts'
import { createDoctorRound } from './doctor.ts'
import { forget } from './forget.ts'
import { type FreePlacesDeps, freePlaces } from './free-places.ts'
import { createJudgeRollouts, type JudgeRolloutsDeps } from './judge-rollouts.ts'
import { longestPictureMs } from './longest-ttl.ts'
import { createOverdueGauges } from './overdue.ts'
import { createPoolGauges } from './pool-gauges.ts'
import { type ReconcileDeps, reconcile } from './reconcile.ts'
import { sweep } from './sweep.ts'
import { createOrphanSweep } from './sweep-orphans.ts'

const RECONCILE_MS = 5_000
/** Longer than the broker adapter's publish deadline of 5 s: a publish still under way must not be doubled. */
const UNCONFIRMED_MS = 8_000
/** Longer than the longest retry delay of 15 s, during which a message is in neither lane. */
const STALE_MS = 30_000
/** A worker in the middle of a job ends it itself; after this nobody will. */
const OVERDUE_MS = 5_000
const LIMIT = 500
/** What is not to be kept goes this much later at most. */
const FORGET_MS = 2_000
const OVERDUE_ROUND_MS = 60_000
const DAYS_MS = 60_000

export interface HousekeepingDeps extends Omit<ReconcileDeps, 'settingsOf'> {
  readonly jobs: ReconcileDeps['jobs'] & FreePlacesDeps['jobs'] & EraseDeps['jobs']
  readonly queue: ReconcileDeps['queue'] & EraseDeps['queue']
  readonly dispatcher: Dispatcher
  readonly tenants: Pick<TenantStore, 'find' | 'list'>
  readonly blobs: Pick<BlobStore, 'list' | 'delete'>
  readonly retention: RetentionStore
  readonly erasures: ErasureStore
  readonly deadLetters: DeadLetters
  readonly cache: ResultCache
  readonly completions: Completions
  readonly audit: Pick<AuditTrail, 'head'> & JudgeRolloutsDeps['audit']
  readonly rollouts: JudgeRolloutsDeps['rollouts']
  readonly probe: Pick<DatabaseProbe, 'rows'>
  readonly days: JobDays
}

type ForgettingConfig = Pick<
  ApiConfig,
  | 'API_PICTURE_TTL_MS'
  | 'API_SWEEP_MS'
  | 'API_UPLOAD_TTL_MS'
  | 'API_RECORD_TTL_MS'
  | 'API_IDEMPOTENCY_TTL_MS'
  | 'ENCRYPTION'
>

const sealing = ({ ENCRYPTION }: Pick<ApiConfig, 'ENCRYPTION'>): boolean => ENCRYPTION !== 'off'

/** What must go: by the rows, by what storage holds, and whether all of it has gone. */
const startForgetting = (deps: HousekeepingDeps, config: ForgettingConfig): readonly Repeated[] => {
  const { log } = deps
  const clearJobs = createClearJobs(deps)
  const purgeDeadLetters = createPurgeDeadLetters(deps)
  const erase = createErase({ ...deps, clearJobs, purgeDeadLetters, clock: systemClock })
  const sweepOrphans = createOrphanSweep(deps)
  const lifetimes = {
    recordTtlMs: config.API_RECORD_TTL_MS,
    keyTtlMs: Math.min(config.API_IDEMPOTENCY_TTL_MS, config.API_RECORD_TTL_MS),
  }
  const prefixes = [PICTURES_PREFIX, UPLOADS_PREFIX]
  return [
    repeat('forget', FORGET_MS, log, (signal) => forget({ ...deps, clearJobs, erase }, signal)),
    repeat('days', DAYS_MS, log, createDayRound(deps, lifetimes)),
    repeat('overdue', OVERDUE_ROUND_MS, log, createOverdueGauges(deps)),
    repeat('sweep', config.API_SWEEP_MS, log, async (signal) => {
      const ttlMs = await longestPictureMs(deps.tenants, { pictureTtlMs: config.API_PICTURE_TTL_MS })
      const spared = () => deps.retention.spared()
      await sweep({ ...deps, spared }, { prefixes, ttlMs, now: Date.now(), reason: 'age' }, signal)
      // Where pictures are sealed, an upload becomes one of them as soon as a job names it: what lies longer nobody needs.
      const upload = { prefixes: [UPLOADS_PREFIX], ttlMs: config.API_UPLOAD_TTL_MS, reason: 'upload' } as const
      if (sealing(config)) await sweep({ ...deps, spared }, { ...upload, now: Date.now() }, signal)
      await sweepOrphans(Date.now(), Math.random(), ttlMs)
      await purgeDeadLetters()
    }),
  ]
}

/** What every api process does beside answering: mend what a crash left behind, delete what nobody may keep. */
export const startHousekeeping = (
  deps: HousekeepingDeps,
  config: Pick<ApiConfig, 'POOLS'> & ForgettingConfig,
): { stop(): Promise<void> } => {
  const reconcileConfig = {
    pools: parsePools(config.POOLS),
    unconfirmedMs: UNCONFIRMED_MS,
    staleMs: STALE_MS,
    overdueMs: OVERDUE_MS,
    limit: LIMIT,
  }
  const settingsOf = createTenantSettings({ ...deps, clock: systemClock })
  const lookAtPools = createPoolGauges(deps, reconcileConfig.pools)
  const rounds = [
    repeat('reconcile', RECONCILE_MS, deps.log, () => reconcile({ ...deps, settingsOf }, reconcileConfig)),
    repeat('places', RECONCILE_MS, deps.log, () => freePlaces(deps, LIMIT)),
    repeat('pool gauges', RECONCILE_MS, deps.log, lookAtPools),
    repeat('doctor', OVERDUE_ROUND_MS, deps.log, createDoctorRound(deps, reconcileConfig.pools)),
    repeat('rollouts', RECONCILE_MS, deps.log, createJudgeRollouts(deps)),
    repeat('audit head', OVERDUE_ROUND_MS, deps.log, createAuditHead(deps)),
    ...startForgetting(deps, config),
  ]
  return {
    async stop() {
      await Promise.all(rounds.map((round) => round.stop()))
    },
  }
}
