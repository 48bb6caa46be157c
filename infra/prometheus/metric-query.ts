import type { MetricQuery } from '../ports/metric-query.ts'
import { answerOf } from './answer.ts'
import { createPrometheusApi, type PrometheusOptions } from './prometheus-api.ts'

/** A look at a pool gives everything it reads so long. A query that was meant for a graph must not fill the memory. */
const LIMITS = { timeoutMs: 2_000, maxBytes: 1_000_000 }

/** Queries as Prometheus answers them at one instant. */
export const createMetricQuery = (options: PrometheusOptions): MetricQuery => {
  const ask = createPrometheusApi(options, LIMITS)
  return { read: (query, at) => ask('query', { query, time: String(at / 1_000) }, answerOf) }
}
