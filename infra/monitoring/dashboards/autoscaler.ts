import { type DashboardSpec, labelVariable } from './dashboard.ts'
import type { PanelSpec } from './panel.ts'
import { largest } from './queries.ts'

const POOL = 'pool="$pool"'
const of = (name: string, legend: string) => largest(`muster_autoscaler_${name}`, POOL, ['pool'], legend)
const zone = (name: string, legend: string) =>
  largest(`muster_autoscaler_zone_${name}`, POOL, ['zone'], `{{zone}} ${legend}`)

const DEMAND: readonly PanelSpec[] = [
  {
    title: 'Demand, and the forecast with its interval, one boot ahead',
    unit: 'reqps',
    queries: [
      of('rate', 'wanted now'),
      of('forecast', 'expected'),
      of('forecast_low', 'interval: low'),
      of('forecast_high', 'interval: high'),
    ],
  },
  {
    title: 'Nodes',
    unit: 'short',
    queries: [
      of('desired', 'wanted'),
      of('asked', 'asked for'),
      of('placed', 'placed'),
      of('running', 'running'),
      of('min', 'least'),
      of('max', 'most'),
    ],
  },
]

const TRUST: readonly PanelSpec[] = [
  { title: 'Age of the oldest signal', unit: 's', redFrom: 120, queries: [of('signal_age_seconds', 'age')] },
  { title: 'Doubts', unit: 'short', redFrom: 1, queries: [of('doubts', 'doubts')] },
  {
    title: 'Since the last look',
    unit: 's',
    redFrom: 300,
    queries: [{ expr: `time() - max by (pool) (muster_autoscaler_look_timestamp_seconds{${POOL}})`, legend: 'since' }],
  },
]

const NODES: readonly PanelSpec[] = [
  {
    title: 'What a node does, and how long it takes to come',
    unit: 'short',
    queries: [of('capacity', 'checks a second'), of('boot_seconds', 'seconds to its first job')],
  },
  {
    title: 'Jobs and workers, as the autoscaler sees them',
    unit: 'short',
    queries: [of('waiting', 'waiting'), of('in_hand', 'in hand'), of('ready', 'workers ready')],
  },
  {
    title: 'Something is wrong',
    unit: 'short',
    redFrom: 1,
    queries: [
      of('blocked_placements', 'nodes do not come'),
      of('fleet_away', 'the fleet does not answer'),
      of('quarantined_devices', 'devices in quarantine'),
      { expr: 'sum(muster_autoscaler_leading)', legend: 'processes that lead' },
    ],
  },
]

const BESIDES: readonly PanelSpec[] = [
  {
    title: 'Nodes that told of themselves',
    unit: 'short',
    stacked: true,
    queries: [largest('muster_autoscaler_nodes', POOL, ['state'], '{{state}}')],
  },
  {
    title: 'Custom triggers: nodes they ask for',
    unit: 'short',
    queries: [
      largest('muster_autoscaler_trigger_asked', POOL, ['trigger'], '{{trigger}}'),
      largest('muster_autoscaler_trigger_unknown', POOL, ['trigger'], '{{trigger}} is not known'),
    ],
  },
]

const ZONES: readonly PanelSpec[] = [
  {
    title: 'Zones: nodes',
    unit: 'short',
    queries: [zone('asked', 'asked'), zone('placed', 'placed'), zone('running', 'running')],
  },
  {
    title: 'Zones: what others stand in for',
    unit: 'short',
    queries: [zone('elsewhere', 'elsewhere'), zone('short', 'short')],
  },
]

/** Why a pool has so many nodes. */
export const AUTOSCALER: DashboardSpec = {
  uid: 'muster-autoscaler',
  title: 'Muster: autoscaler',
  description:
    'Wanted, asked for and running nodes, the forecast with its interval, and how far the signals can be trusted.',
  variables: [labelVariable('pool', 'Pool', 'muster_autoscaler_desired', false)],
  rows: [DEMAND, TRUST, NODES, BESIDES, ZONES],
}
