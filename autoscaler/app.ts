import type { FastifyInstance } from 'fastify'
import type { Bucket } from '../infra/domain/fair-share.ts'
import { createAuthenticate } from '../infra/http/authenticate.ts'
import { passOverBodies } from '../infra/http/bare-requests.ts'
import { compressAnswers } from '../infra/http/compress-answers.ts'
import { addDrain, type DrainConfig } from '../infra/http/drain.ts'
import { addHealth, type OwnHealth } from '../infra/http/health.ts'
import { openServer, type ServerLimits } from '../infra/http/open-server.ts'
import { addDocs, addOpenApi } from '../infra/http/openapi.ts'
import { noteRoutes, refuseOtherMethods } from '../infra/http/other-methods.ts'
import { addRequestContext } from '../infra/http/request-context.ts'
import { addErrorHandling } from '../infra/http/request-errors.ts'
import { validatorCompiler } from '../infra/http/validate.ts'
import type { AuditLog } from '../infra/ports/audit-log.ts'
import type { CapacityStore } from '../infra/ports/capacity-store.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { DemandStore } from '../infra/ports/demand-store.ts'
import type { DriftStore } from '../infra/ports/drift-store.ts'
import type { FleetJobs } from '../infra/ports/fleet-jobs.ts'
import type { KeyStore } from '../infra/ports/key-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { MinuteStore } from '../infra/ports/minute-store.ts'
import type { NodeStore } from '../infra/ports/node-store.ts'
import type { OverrideStore } from '../infra/ports/override-store.ts'
import type { PlanStore } from '../infra/ports/plan-store.ts'
import { createJudgePool } from './bottlenecks.ts'
import { createEventStreams } from './console/event-streams.ts'
import { createLiveFeed, type FeedTimes } from './console/live-feed.ts'
import { createLiveSources } from './console/live-sources.ts'
import type { PageFiles } from './console/page-files.ts'
import { addConsole } from './console/serve-page.ts'
import type { DeadLetterDesk } from './dead-letter-desk.ts'
import { documentWords } from './document-words.ts'
import type { Drains } from './drains.ts'
import type { ReckonCost } from './fleet-cost.ts'
import { limitKeys } from './limit-keys.ts'
import type { Overrides } from './overrides.ts'
import { createReadPools } from './pool-status.ts'
import { addBottleneck } from './routes/bottleneck.ts'
import { addCapacity } from './routes/capacity.ts'
import { addCost } from './routes/cost.ts'
import { addDeadLetters } from './routes/dead-letters.ts'
import { addDecisions } from './routes/decisions.ts'
import { addDemand } from './routes/demand.ts'
import { addDrift } from './routes/drift.ts'
import { addEvents } from './routes/events.ts'
import { addFleetJobs } from './routes/fleet-jobs.ts'
import { addHistory } from './routes/history.ts'
import { addMinutes } from './routes/minutes.ts'
import { addNodes } from './routes/nodes.ts'
import { addOverrides } from './routes/overrides.ts'
import { addPlan } from './routes/plan.ts'
import { createPoolOf } from './routes/pool-names.ts'
import { addPools, type ConfiguredPool } from './routes/pools.ts'
import { addSchedule } from './routes/schedule.ts'
import { addSession } from './routes/session.ts'
import { addTriggers } from './routes/triggers.ts'
import type { Schedules } from './schedules.ts'

/** What the autoscaler's HTTP needs from the rest of the system: the database; only dead letters need the broker, too. */
export interface AutoscalerAppDeps {
  readonly keys: Pick<KeyStore, 'find' | 'touch'>
  readonly audit: AuditLog
  readonly decisions: Pick<DecisionStore, 'list' | 'at' | 'looks'>
  readonly plans: Pick<PlanStore, 'latest'>
  readonly demand: Pick<DemandStore, 'minutes'>
  readonly minutes: Pick<MinuteStore, 'minutes'>
  readonly overrides: Pick<Overrides, 'run'>
  readonly overrideStore: Pick<OverrideStore, 'active' | 'list'>
  readonly schedules: Schedules
  readonly capacities: Pick<CapacityStore, 'latest'>
  readonly drift: Pick<DriftStore, 'latest' | 'pins' | 'pin' | 'unpin'>
  readonly nodes: Pick<NodeStore, 'list'>
  readonly drains: Pick<Drains, 'drain' | 'release'>
  /** what this process knows of itself @param draining it is about to end */
  readonly healthOf: (draining: () => boolean) => OwnHealth
  readonly fleetJobs: FleetJobs
  readonly deadLetterDesk: DeadLetterDesk
  readonly reckonCost: ReckonCost
  /** the console's page; without it there is none */
  readonly page?: PageFiles
  /** routes that know their callers by other means than a key; in a scope of their own */
  readonly slack?: (scope: FastifyInstance) => void | Promise<void>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'count'>
}

/** Durations in ms. */
export interface AutoscalerAppConfig extends ServerLimits, DrainConfig {
  readonly pools: readonly ConfiguredPool[]
  /** whose keys may look at the fleet and overrule it */
  readonly fleetTenant: string
  /** undefined = wherever callers found it */
  readonly publicUrl?: string
  readonly version: string
  /** of what is told as it happens; FEED_TIMES unless told */
  readonly feedTimes?: FeedTimes
  /** what one key may ask of this process; KEY_BUCKET unless told */
  readonly keyBucket?: Bucket
}

/**
 * Build the autoscaler's HTTP: routes, error mapping, the fleet's permissions. It neither listens nor reads the environment,
 * and any process can answer: whoever leads writes to the database what is read here.
 * @throws Error from `ready()` when a route does not declare who may call it
 */
export const buildAutoscalerApp = async (
  deps: AutoscalerAppDeps,
  config: AutoscalerAppConfig,
): Promise<FastifyInstance> => {
  const { overrideStore, schedules, slack, clock, log } = deps
  const app = openServer(config)
  app.setValidatorCompiler(validatorCompiler)
  app.removeContentTypeParser('text/plain')
  addErrorHandling(app, log)
  const routes = noteRoutes(app)
  const context = { audit: deps.audit, clock, log, authenticate: createAuthenticate(deps), tenant: config.fleetTenant }
  addRequestContext(app, context, config.publicUrl)
  limitKeys(app, deps, config.keyBucket)
  passOverBodies(app)
  await compressAnswers(app)
  await addOpenApi(app, documentWords(config.version, config.publicUrl))
  addDrain(app, deps, config)

  const poolOf = createPoolOf(config.pools.map(({ name }) => name))
  const readPools = createReadPools({ decisions: deps.decisions, overrides: overrideStore, schedules })
  addPools(app, { readPools, poolOf, clock }, config.pools)
  addDecisions(app, { ...deps, poolOf })
  addHistory(app, { ...deps, poolOf })
  addPlan(app, { ...deps, poolOf })
  addDemand(app, { ...deps, poolOf })
  addMinutes(app, { ...deps, poolOf })
  addBottleneck(app, { judge: createJudgePool(deps), poolOf })
  addOverrides(app, { ...deps, poolOf })
  addSchedule(app, schedules)
  addCapacity(app, deps)
  addDrift(app, deps)
  addNodes(app, { ...deps, bounds: new Map(config.pools.map(({ name, bounds }) => [name, bounds])) })
  addTriggers(app, deps, config.pools)
  addFleetJobs(app, deps)
  addDeadLetters(app, deps.deadLetterDesk)
  addCost(app, deps)
  addSession(app, config)
  const sources = createLiveSources({ ...deps, readPools }, config.pools)
  const feed = createLiveFeed({ sources, clock, log }, config.feedTimes)
  addEvents(app, { streams: createEventStreams(feed), authenticate: context.authenticate })
  if (deps.page) addConsole(app, deps.page)
  if (slack) await app.register(async (scope) => slack(scope))
  addHealth(app, app.apiHealth)
  await addDocs(app, 'Muster autoscaler')
  refuseOtherMethods(app, routes)
  return app
}
