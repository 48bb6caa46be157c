import type { MetricHistory, MetricRecord } from '../ports/metric-history.ts'
import { recordOf } from './answer.ts'
import { createPrometheusApi, type PrometheusOptions } from './prometheus-api.ts'

/** A person waits, not a look at a pool; ten thousand samples have some 300 kB. */
const LIMITS = { timeoutMs: 30_000, maxBytes: 4_000_000 }
/** Prometheus gives 11,000 points of a series at once. @source prometheus, web/api/v1: "exceeded maximum resolution" */
const MAX_POINTS = 10_000

/** What was, as Prometheus kept it; a long time is asked for in parts. */
export const createMetricHistory = (options: PrometheusOptions): MetricHistory => {
  const ask = createPrometheusApi(options, LIMITS)
  return {
    async readSpan(query, { from, until, stepMs }): Promise<MetricRecord> {
      const values: (number | undefined)[] = []
      let warnings: readonly string[] | undefined
      const count = Math.floor((until - from) / stepMs) + 1
      for (let first = 0; first < count; first += MAX_POINTS) {
        const start = from + first * stepMs
        const points = Math.min(MAX_POINTS, count - first)
        const form = { query, start: String(start / 1_000), end: String((start + (points - 1) * stepMs) / 1_000) }
        const part = await ask('query_range', { ...form, step: String(stepMs / 1_000) }, (body) =>
          recordOf(body, { from: start, stepMs, count: points }),
        )
        if (part.kind === 'none') return part
        values.push(...part.values)
        warnings ??= part.warnings
      }
      return { kind: 'values', values, ...(warnings && { warnings }) }
    },
  }
}
