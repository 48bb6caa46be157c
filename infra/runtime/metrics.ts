import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Counted, Metrics } from '../ports/metrics.ts'
import { VERSION } from './version.ts'

/** Seconds. Reaches from a quiet loopback hop to a caller's longest wait; 3 is the service level objective. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2, 3, 5, 10, 30, 60]
/** Gauges of the client library that are named like counters; each is the sum of another one it has. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64]

const COUNTERS = {
  keys_refused: 'Requests whose API key was refused, by reason',
  jobs_submitted: 'Jobs accepted: the row is committed',
  jobs_refused: 'Requests refused before a job existed, by reason',
  dispatcher_away: 'Decisions this process took alone because the dispatcher did not answer, by kind',
  jobs_finished: 'Jobs that reached a final state, by state',
  jobs_canceled: 'Jobs that ended because their caller took them back, by the stage they had come to',
  deliveries: 'Deliveries by what the claim answered',
  finishes_fenced: 'Outcomes dropped because the lease was lost or the job had ended',
  messages_retried: 'Messages published again with a delay, by reason',
  messages_dead: 'Messages parked for a person, by reason',
  messages_republished: 'Messages the reconciler published again, by reason',
  broker_reconnects: 'Times a broker connection was lost and made again',
  device_faults: 'Faults of a device that workers of the node met, by reason',
  worker_restarts: 'Worker processes started again by the node supervisor',
  pictures_swept: 'Pictures in storage that no row accounted for, or that were left there too long, deleted',
  pictures_erased: 'Pictures deleted: their time was over, or somebody asked for it',
  secrets_changed: 'Secrets that were read anew from their files, by name',
  secrets_refused:
    'Files of secrets that could not be used after a change, and new credentials a server refused, by name',
  rollout_jobs: 'Jobs of a rollout, by what became of them: canary, fell-back, shadow, dropped',
  rollouts_put_aside: 'Candidates this worker no longer tries because they broke too often',
  rollouts_taken_back: 'Candidates that were taken back because a guard found them worse, by guard',
  spans_dropped: 'Spans that nobody will see: the receiver is away, or more end than can be sent; by reason',
  webhook_calls: 'Calls to webhook receivers, by what came of them',
  webhook_endpoints_disabled: 'Webhook endpoints that are no longer called, by reason',
  webhook_deliveries_purged: 'Webhook deliveries forgotten because they are old or their endpoint is gone',
} as const satisfies Record<Counted, string>

/** Of several workers of a node the largest is shown: states and ages have no sum. */
const aggregator = 'max'

/** Values that are read when metrics are collected. */
const gaugesIn = (registers: Registry[]): Pick<Metrics, 'gauge' | 'gauges' | 'gaugeTable'> => ({
  gauge(name, help, read) {
    new Gauge({
      name,
      help,
      registers,
      aggregator,
      collect() {
        this.set(read())
      },
    })
  },
  gauges(name, help, label, read) {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers,
      aggregator,
      collect() {
        // What is no longer told is no longer so.
        this.reset()
        for (const [value, count] of read()) this.set({ [label]: value }, count)
      },
    })
  },
  gaugeTable(name, help, labels, read) {
    new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers,
      aggregator,
      collect() {
        this.reset()
        for (const [values, count] of read())
          this.set(Object.fromEntries(labels.map((label, at) => [label, values[at] ?? ''])), count)
      },
    })
  },
})

/**
 * Prometheus metrics of one process.
 * @returns the port for use cases, and the registry for the metrics listener
 */
export const createMetrics = (service: string): { metrics: Metrics; registry: Registry } => {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  const registers = [registry]
  const help = 'Always 1; its labels tell what runs'
  new Gauge({ name: 'muster_build_info', help, labelNames: ['version'], registers, aggregator }).set(
    { version: VERSION },
    1,
  )
  const hops = new Histogram({
    name: 'muster_hop_duration_seconds',
    help: 'Time a job spent in one hop',
    labelNames: ['hop', 'task'],
    buckets: DURATION_BUCKETS,
    registers,
  })
  const checks = new Histogram({
    name: 'muster_check_duration_seconds',
    help: 'Time from a request for a check to its answer, by how it was answered',
    labelNames: ['task', 'answered'],
    buckets: DURATION_BUCKETS,
    registers,
  })
  const batches = new Histogram({
    name: 'muster_batch_size',
    help: 'Jobs in one inference batch',
    labelNames: ['task'],
    buckets: BATCH_BUCKETS,
    registers,
  })
  const counters = new Map(
    Object.entries(COUNTERS).map(([name, help]) => [
      name,
      new Counter({ name: `muster_${name}_total`, help, labelNames: ['task', 'reason'], registers }),
    ]),
  )
  const metrics: Metrics = {
    hop: (hop, task, ms) => hops.observe({ hop, task }, ms / 1000),
    check: (task, answered, ms) => checks.observe({ task, answered }, ms / 1000),
    batch: (task, size) => batches.observe({ task }, size),
    count: (name, { task = '', reason = '' }, by = 1) => counters.get(name)?.inc({ task, reason }, by),
    ...gaugesIn(registers),
  }
  return { metrics, registry }
}
