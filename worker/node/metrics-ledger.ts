import type { WorkerMetrics } from './protocol.ts'

type Metric = WorkerMetrics[number]
type Value = Metric['values'][number] & { readonly metricName?: string }

const isCumulative = ({ type }: Metric): boolean => {
  const word: unknown = type
  return word === 'counter' || word === 'histogram'
}

const keyOf = ({ metricName = '', labels }: Value): string =>
  JSON.stringify([metricName, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))])

const addValues = (into: Metric, from: Metric): Metric => {
  const values = new Map(into.values.map((value) => [keyOf(value), value]))
  for (const value of from.values) {
    const known = values.get(keyOf(value))
    values.set(keyOf(value), known ? { ...known, value: known.value + value.value } : value)
  }
  return { ...into, values: [...values.values()] }
}

/**
 * The last metrics of every worker, and the sum of what ended workers had counted. Counters and histograms of a process
 * that ended stay in the sum: to Prometheus a falling sum looks like a restart, and `rate()` would count all of it again.
 */
export class MetricsLedger<Worker> {
  readonly #last = new Map<Worker, WorkerMetrics>()
  #departed = new Map<string, Metric>()

  /** Keep a worker's newest metrics; they stand until it sends others. */
  seen(worker: Worker, metrics: WorkerMetrics): void {
    this.#last.set(worker, metrics)
  }

  /** The worker's process is gone: keep what it counted, drop what it was. */
  ended(worker: Worker): void {
    for (const metric of this.#last.get(worker) ?? []) {
      if (!isCumulative(metric)) continue
      const sum = this.#departed.get(metric.name)
      this.#departed.set(metric.name, sum ? addValues(sum, metric) : metric)
    }
    this.#last.delete(worker)
  }

  all(): readonly WorkerMetrics[] {
    return [...this.#last.values(), [...this.#departed.values()]]
  }
}
