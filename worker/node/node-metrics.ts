import { AggregatorRegistry, Gauge, type Registry } from 'prom-client'
import type { PoolReport } from './pool-report.ts'
import type { Supervisor } from './supervisor.ts'

const GAUGES = {
  desired: 'Workers this node is to run',
  running: 'Worker processes that are to stay',
  ready: 'Workers that take jobs now',
  leaving: 'Worker processes that drain',
} as const satisfies Record<keyof PoolReport, string>

/** The metrics of a whole node, in Prometheus' text format. */
export interface NodeMetrics {
  readonly contentType: string
  text(): Promise<string>
}

/** Adds the node's gauges to its registry, and its workers' metrics to its text. */
export const createNodeMetrics = (
  registry: Registry,
  supervisor: Pick<Supervisor, 'pools' | 'collectMetrics' | 'quarantineGauge'>,
): NodeMetrics => {
  for (const [name, help] of Object.entries(GAUGES) as [keyof PoolReport, string][]) {
    new Gauge({
      name: `muster_node_workers_${name}`,
      help,
      labelNames: ['pool'],
      registers: [registry],
      collect() {
        for (const [pool, report] of supervisor.pools()) this.set({ pool }, report[name])
      },
    })
  }
  new Gauge({
    name: 'muster_device_quarantined',
    help: '1 while a device that failed gets no jobs',
    labelNames: ['device'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [device, value] of supervisor.quarantineGauge()) this.set({ device }, value)
    },
  })
  return {
    contentType: registry.contentType,
    async text() {
      const workers = await supervisor.collectMetrics()
      return AggregatorRegistry.aggregate([await registry.getMetricsAsJSON(), ...workers]).metrics()
    },
  }
}
