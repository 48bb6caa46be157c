import type { Query } from './panel.ts'

/** The share of values that a percentile leaves above it, by its usual name. */
const PERCENTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const

/** Percentiles of a histogram, a line each. @param by labels that tell lines apart */
export const percentiles = (
  metric: string,
  selector: string,
  by: readonly string[],
  names: readonly (keyof typeof PERCENTILES)[] = ['p50', 'p95', 'p99'],
): readonly Query[] =>
  names.map((name) => ({
    expr: `histogram_quantile(${PERCENTILES[name]}, sum by (${['le', ...by].join(', ')}) (rate(${metric}_bucket{${selector}}[$__rate_interval])))`,
    legend: [...by.map((label) => `{{${label}}}`), name].join(' '),
  }))

/** How often something is counted a second, by labels. */
export const rates = (counter: string, selector: string, by: readonly string[], legend?: string): Query => ({
  expr: `sum by (${by.join(', ')}) (rate(${counter}{${selector}}[$__rate_interval]))`,
  legend: legend ?? by.map((label) => `{{${label}}}`).join(' '),
})

/** How often something was counted in the last hour. A series begins with its first count, which `increase` does not see. */
export const inHour = (counter: string, by: readonly string[], legend: string): Query => {
  const sumBy = `sum by (${by.join(', ')})`
  const grown = `${sumBy} (increase(${counter}[1h]))`
  return {
    expr: `${grown} + (${sumBy} (min_over_time(${counter}[1h]) unless ${counter} offset 1h) or ${grown} * 0)`,
    legend,
  }
}

/** A gauge that several processes show alike: the largest counts. */
export const largest = (gauge: string, selector: string, by: readonly string[], legend: string): Query => ({
  expr: `max by (${by.join(', ')}) (${gauge}${selector && `{${selector}}`})`,
  legend,
})

/** A gauge of each process, added up. */
export const total = (gauge: string, selector: string, by: readonly string[], legend: string): Query => ({
  expr: `sum by (${by.join(', ')}) (${gauge}${selector && `{${selector}}`})`,
  legend,
})
