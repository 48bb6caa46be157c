import { type DashboardSpec, labelVariable } from './dashboard.ts'
import type { PanelSpec } from './panel.ts'
import { largest, percentiles, rates, total } from './queries.ts'

const POOL = 'pool="$pool"'
const TASKS = 'task=~"$task"'
const HOPS = 'muster_hop_duration_seconds'

const WORK: readonly PanelSpec[] = [
  {
    title: 'Checks a second: wanted, and expected one boot ahead',
    unit: 'reqps',
    queries: [
      largest('muster_autoscaler_rate', POOL, ['pool'], 'wanted'),
      largest('muster_autoscaler_forecast', POOL, ['pool'], 'expected'),
      largest('muster_autoscaler_forecast_high', POOL, ['pool'], 'planned for'),
      largest('muster_dispatch_rate', POOL, ['pool'], 'what the workers do'),
    ],
  },
  {
    title: 'Nodes',
    unit: 'short',
    queries: [
      largest('muster_autoscaler_desired', POOL, ['pool'], 'wanted'),
      largest('muster_autoscaler_running', POOL, ['pool'], 'running'),
      largest('muster_autoscaler_min', POOL, ['pool'], 'least'),
      largest('muster_autoscaler_max', POOL, ['pool'], 'most'),
    ],
  },
]

const QUEUE: readonly PanelSpec[] = [
  {
    title: 'Jobs that wait, and that are out',
    unit: 'short',
    queries: [
      largest('muster_dispatch_held', POOL, ['pool'], 'wait for their turn'),
      largest('muster_dispatch_dispatched', POOL, ['pool'], 'with broker or workers'),
      largest('muster_dispatch_window', POOL, ['pool'], 'window'),
      largest('muster_queue_ready', POOL, ['lane'], 'ready: {{lane}}'),
    ],
  },
  {
    title: 'The oldest job that waits',
    unit: 's',
    queries: [largest('muster_queue_oldest_seconds', POOL, ['lane'], '{{lane}}')],
  },
  {
    title: 'Workers',
    unit: 'short',
    queries: [
      total('muster_node_workers_ready', POOL, ['pool'], 'ready'),
      total('muster_node_workers_running', POOL, ['pool'], 'running'),
      total('muster_node_workers_leaving', POOL, ['pool'], 'leaving'),
      largest('muster_queue_consumers', POOL, ['lane'], 'subscriptions: {{lane}}'),
    ],
  },
]

const SPEED: readonly PanelSpec[] = [
  {
    title: 'What callers waited',
    unit: 's',
    redFrom: 3,
    queries: percentiles('muster_check_duration_seconds', `${TASKS},answered=~"succeeded|caller-fault|waiting"`, [
      'task',
    ]),
  },
  {
    title: 'Hops, 95th percentile',
    description:
      'The stations of a check, in order: admit, store, insert, publish, queue, claim, fetch, decode, batch-wait, infer, write, reply.',
    unit: 's',
    queries: percentiles(HOPS, TASKS, ['hop'], ['p95']),
  },
  {
    title: 'Held up at',
    description: 'The hop that the autoscaler names as the bottleneck.',
    unit: 'short',
    stacked: true,
    queries: [largest('muster_autoscaler_bottleneck', POOL, ['hop'], '{{hop}}')],
  },
]

const MODEL: readonly PanelSpec[] = [
  {
    title: 'Jobs in a batch, on average',
    unit: 'short',
    queries: [
      {
        expr: `sum by (task) (rate(muster_batch_size_sum{${TASKS}}[$__rate_interval])) / sum by (task) (rate(muster_batch_size_count{${TASKS}}[$__rate_interval]))`,
        legend: '{{task}}',
      },
    ],
  },
  { title: 'Outcomes a second', unit: 'reqps', queries: [rates('muster_jobs_finished_total', TASKS, ['reason'])] },
  {
    title: 'Deliveries a second, by what the claim answered',
    unit: 'ops',
    queries: [rates('muster_deliveries_total', TASKS, ['reason'])],
  },
]

/** One pool, chosen at the top: what it is asked for, what it has, where its jobs are. */
export const POOL_PAGE: DashboardSpec = {
  uid: 'muster-pool',
  title: 'Muster: pool',
  description: 'One pool: demand, nodes, queue, speed. Choose the tasks it serves beside it.',
  variables: [
    labelVariable('pool', 'Pool', 'muster_dispatch_window', false),
    labelVariable('task', 'Tasks', 'muster_hop_duration_seconds_count', true),
  ],
  rows: [WORK, QUEUE, SPEED, MODEL],
}
