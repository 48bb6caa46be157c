import { type DashboardSpec, labelVariable } from './dashboard.ts'
import type { PanelSpec } from './panel.ts'
import { inHour, largest, percentiles, rates, total } from './queries.ts'

const CHECKS = 'muster_check_duration_seconds'
const HOPS = 'muster_hop_duration_seconds'
const TASKS = 'task=~"$task"'

const number = (title: string, unit: PanelSpec['unit'], expr: string, redFrom?: number): PanelSpec => ({
  kind: 'number',
  title,
  unit,
  queries: [{ expr, legend: '' }],
  ...(redFrom !== undefined && { redFrom }),
})

// `>= 0` leaves out what is not a number: the share of nothing, where no check counts.
const NUMBERS: readonly PanelSpec[] = [
  number('Checks a second', 'reqps', `sum(rate(${CHECKS}_count{${TASKS}}[5m]))`),
  number('No answer, last hour', 'percentunit', `max(muster:checks_failed:ratio1h{${TASKS}} >= 0)`, 0.01),
  number('Over 3 s, last hour', 'percentunit', `max(muster:checks_late:ratio1h{${TASKS}} >= 0)`, 0.05),
  number('Oldest waiting', 's', 'max(muster_queue_oldest_seconds{lane="interactive"})', 15),
  number('Workers ready', 'short', 'sum(muster_node_workers_ready)'),
  number('Dead letters', 'short', 'max(muster_dead_letters)', 1),
  number('Findings of the doctor', 'short', 'max(muster_doctor_findings)', 1),
  number(
    'Alerts',
    'short',
    'count(ALERTS{alertname=~"Muster.+",alertname!="MusterWatchdog",alertstate="firing"}) or vector(0)',
    1,
  ),
]

const CALLERS: readonly PanelSpec[] = [
  {
    title: 'Answers a second',
    description: 'How requests for checks are answered. A fault of the caller is a good answer.',
    unit: 'reqps',
    stacked: true,
    queries: [rates(`${CHECKS}_count`, TASKS, ['answered'])],
  },
  {
    title: 'What callers waited',
    description: '95 % are to take less than 3 s.',
    unit: 's',
    redFrom: 3,
    queries: percentiles(CHECKS, `${TASKS},answered=~"succeeded|caller-fault|waiting"`, ['task'], ['p50', 'p95']),
  },
]

const OBJECTIVES: readonly PanelSpec[] = [
  {
    title: 'Checks without an answer, in business hours',
    unit: 'percentunit',
    redFrom: 0.01,
    queries: [
      largest('muster:checks_failed:ratio1h', TASKS, ['task'], '{{task}} 1 h'),
      largest('muster:checks_failed:ratio3d', TASKS, ['task'], '{{task}} 3 d'),
    ],
  },
  {
    title: 'Checks over 3 s, in business hours',
    unit: 'percentunit',
    redFrom: 0.05,
    queries: [
      largest('muster:checks_late:ratio1h', TASKS, ['task'], '{{task}} 1 h'),
      largest('muster:checks_late:ratio3d', TASKS, ['task'], '{{task}} 3 d'),
    ],
  },
]

const STATIONS: readonly PanelSpec[] = [
  {
    title: 'Where the time goes: seconds of a check in each hop, on average',
    unit: 's',
    stacked: true,
    queries: [
      {
        expr: `sum by (hop) (rate(${HOPS}_sum{${TASKS}}[$__rate_interval])) / sum by (hop) (rate(${HOPS}_count{${TASKS}}[$__rate_interval]))`,
        legend: '{{hop}}',
      },
    ],
  },
  {
    title: 'The oldest job that waits',
    unit: 's',
    queries: [largest('muster_queue_oldest_seconds', '', ['pool', 'lane'], '{{pool}}.{{lane}}')],
  },
]

const CAPACITY: readonly PanelSpec[] = [
  {
    title: 'Workers by pool',
    unit: 'short',
    queries: [
      total('muster_node_workers_ready', '', ['pool'], '{{pool}} ready'),
      total('muster_node_workers_desired', '', ['pool'], '{{pool}} wanted'),
    ],
  },
  {
    title: 'Refused a second, by reason',
    unit: 'reqps',
    queries: [rates('muster_jobs_refused_total', TASKS, ['task', 'reason'])],
  },
  {
    title: 'Versions',
    unit: 'short',
    queries: [{ expr: 'count by (service, version) (muster_build_info)', legend: '{{service}} {{version}}' }],
  },
]

const TROUBLE: readonly PanelSpec[] = [
  {
    title: 'Outcomes a second',
    unit: 'reqps',
    queries: [rates('muster_jobs_finished_total', TASKS, ['task', 'reason'])],
  },
  {
    title: 'Trouble in the last hour',
    unit: 'short',
    queries: [
      inHour('muster_worker_restarts_total', ['reason'], 'worker restarts: {{reason}}'),
      inHour('muster_device_faults_total', ['reason'], 'device faults: {{reason}}'),
      inHour('muster_messages_retried_total', ['reason'], 'retried: {{reason}}'),
      inHour('muster_messages_dead_total', ['reason'], 'dead: {{reason}}'),
      inHour('muster_rollouts_taken_back_total', ['task'], 'candidates taken back: {{task}}'),
    ],
  },
  {
    title: 'Waiting callers',
    unit: 'short',
    queries: [total('muster_waiting_callers', '', ['instance'], '{{instance}}')],
  },
  {
    title: 'Drift',
    description: 'Population stability index against the reference: below 0.1 nothing has moved, above 0.25 much has.',
    unit: 'short',
    redFrom: 0.25,
    queries: [largest('muster_drift_psi', '', ['task', 'signal'], '{{task}} {{signal}}')],
  },
]

/** Is all well? All tasks and pools on one page. */
export const FLEET: DashboardSpec = {
  uid: 'muster-fleet',
  title: 'Muster: fleet',
  description: 'What callers get, where the time goes, and what is wrong.',
  variables: [labelVariable('task', 'Task', `${CHECKS}_count`, true)],
  rows: [NUMBERS, CALLERS, OBJECTIVES, STATIONS, CAPACITY, TROUBLE],
}
