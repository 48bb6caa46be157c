import { AggregatorRegistry } from 'prom-client'
import { expect, it } from 'vitest'
import { createMetrics } from '../../../../infra/runtime/metrics.ts'
import { VERSION } from '../../../../infra/runtime/version.ts'

it('tells which version runs', async () => {
  const { registry } = createMetrics('api')
  expect(await registry.metrics()).toContain(`muster_build_info{version="${VERSION}",service="api"} 1`)
})

it('shows of the gauges of several workers the largest, of their counters the sum', async () => {
  const workers = [3, 5].map((value) => {
    const { metrics, registry } = createMetrics('worker')
    metrics.gauge('muster_something', 'a state', () => value)
    metrics.count('broker_reconnects', {}, value)
    return registry
  })
  const all = await Promise.all(workers.map((registry) => registry.getMetricsAsJSON()))
  const text = await AggregatorRegistry.aggregate(all).metrics()
  expect(text).toMatch(/^muster_something\{service="worker"\} 5$/m)
  expect(text).toMatch(/^muster_build_info\{.*\} 1$/m)
  expect(text).toMatch(/^muster_broker_reconnects_total\{.*\} 8$/m)
})

it('has no gauge that is named like a counter', async () => {
  const all = await createMetrics('api').registry.getMetricsAsJSON()
  const gauges = all.filter(({ type }) => String(type) === 'gauge').map(({ name }) => name)
  expect(gauges.length).toBeGreaterThan(5)
  expect(gauges.filter((name) => name.endsWith('_total'))).toEqual([])
})
