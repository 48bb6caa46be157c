import { type DashboardSpec, labelVariable } from './dashboard.ts'
import type { PanelSpec } from './panel.ts'
import { inHour, largest, percentiles, rates } from './queries.ts'

const HOPS = 'muster_hop_duration_seconds'
const PROCESSES = 'service=~"$service",job=~"muster-.+"'

const SPEED: readonly PanelSpec[] = [
  {
    title: 'PostgreSQL: insert, claim and write, 95th percentile',
    unit: 's',
    queries: percentiles(HOPS, 'hop=~"insert|claim|write"', ['hop'], ['p95']),
  },
  {
    title: 'RabbitMQ: a confirmed publish',
    unit: 's',
    queries: percentiles(HOPS, 'hop="publish"', ['hop']),
  },
  {
    title: 'Storage: store and fetch, 95th percentile',
    unit: 's',
    queries: percentiles(HOPS, 'hop=~"store|fetch"', ['hop'], ['p95']),
  },
]

const BROKER: readonly PanelSpec[] = [
  {
    title: 'Messages that wait',
    unit: 'short',
    queries: [
      largest('muster_queue_ready', '', ['pool', 'lane'], '{{pool}}.{{lane}}'),
      largest('muster_dead_letters', '', [], 'dead letters'),
    ],
  },
  {
    title: 'Subscriptions',
    unit: 'short',
    queries: [largest('muster_queue_consumers', '', ['pool', 'lane'], '{{pool}}.{{lane}}')],
  },
  {
    title: 'Broker, in the last hour',
    unit: 'short',
    queries: [
      inHour('muster_broker_reconnects_total', ['service'], 'connections made anew: {{service}}'),
      inHour('muster_messages_republished_total', ['reason'], 'published again: {{reason}}'),
      inHour('muster_finishes_fenced_total', [], 'outcomes dropped'),
    ],
  },
]

const DATA: readonly PanelSpec[] = [
  {
    title: 'Data that should be gone',
    unit: 'short',
    redFrom: 1,
    queries: [
      largest('muster_pictures_overdue', '', [], 'pictures'),
      largest('muster_results_overdue', '', [], 'results'),
      largest('muster_pictures_orphaned', '', [], 'orphans'),
    ],
  },
  {
    title: 'The oldest open erasure',
    unit: 's',
    redFrom: 600,
    queries: [largest('muster_erasures_open_oldest_seconds', '', [], 'open')],
  },
  {
    title: 'Tables of jobs, and entries of the audit trail',
    unit: 'short',
    queries: [
      largest('muster_job_tables', '', [], 'tables'),
      largest('muster_job_tables_ahead', '', [], 'of days to come'),
      largest('muster_audit_entries', '', [], 'audit entries'),
    ],
  },
]

const AROUND: readonly PanelSpec[] = [
  {
    title: 'Redis: decisions taken without it, a second',
    unit: 'ops',
    queries: [rates('muster_dispatcher_away_total', '', ['reason'])],
  },
  {
    title: 'Webhook calls a second',
    unit: 'ops',
    queries: [rates('muster_webhook_calls_total', '', ['reason'])],
  },
  {
    title: 'Bodies under way',
    unit: 'bytes',
    queries: [{ expr: 'sum by (instance) (muster_body_bytes)', legend: '{{instance}}' }],
  },
]

const RESOURCES: readonly PanelSpec[] = [
  {
    title: 'Memory',
    unit: 'bytes',
    queries: [
      {
        expr: `sum by (instance, service) (process_resident_memory_bytes{${PROCESSES}})`,
        legend: '{{service}} {{instance}}',
      },
    ],
  },
  {
    title: 'Processors in use',
    unit: 'short',
    queries: [
      {
        expr: `sum by (instance, service) (rate(process_cpu_seconds_total{${PROCESSES}}[$__rate_interval]))`,
        legend: '{{service}} {{instance}}',
      },
    ],
  },
  {
    title: 'Event loop: longest delay',
    unit: 's',
    queries: [
      {
        expr: `max by (instance, service) (nodejs_eventloop_lag_p99_seconds{${PROCESSES}})`,
        legend: '{{service}} {{instance}}',
      },
    ],
  },
]

/** PostgreSQL, RabbitMQ, Redis, storage and the processes, as Muster sees them. */
export const SERVERS: DashboardSpec = {
  uid: 'muster-servers',
  title: 'Muster: servers',
  description: 'Broker, database, storage and processes as Muster sees them. Their own exporters tell more.',
  variables: [labelVariable('service', 'Process', 'muster_build_info', true)],
  rows: [SPEED, BROKER, DATA, AROUND, RESOURCES],
}
