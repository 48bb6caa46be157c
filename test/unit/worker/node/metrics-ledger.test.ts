import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { MetricsLedger } from '../../../../worker/node/metrics-ledger.ts'

const aWorker = async (jobs: Record<string, number>, seconds: number[] = []) => {
  const registry = new Registry()
  const registers = [registry]
  const counter = new Counter({ name: 'jobs_total', help: 'jobs', labelNames: ['task'], registers })
  for (const [task, count] of Object.entries(jobs)) counter.inc({ task }, count)
  const histogram = new Histogram({ name: 'took_seconds', help: 'took', buckets: [1, 2], registers })
  for (const value of seconds) histogram.observe(value)
  new Gauge({ name: 'busy', help: 'busy', registers }).set(1)
  return registry.getMetricsAsJSON()
}

const linesOf = async (ledger: MetricsLedger<string>) => {
  const text = await AggregatorRegistry.aggregate([...ledger.all()]).metrics()
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

describe('a ledger of metrics', () => {
  it('keeps the newest of each worker', async () => {
    const ledger = new MetricsLedger<string>()
    ledger.seen('w1', await aWorker({ ocr: 1 }))
    ledger.seen('w1', await aWorker({ ocr: 5 }))
    ledger.seen('w2', await aWorker({ ocr: 2 }))
    expect(await linesOf(ledger)).toEqual(expect.arrayContaining(['jobs_total{task="ocr"} 7', 'busy 2']))
  })

  it('keeps what ended workers counted, label by label, and drops what they were', async () => {
    const ledger = new MetricsLedger<string>()
    ledger.seen('w1', await aWorker({ ocr: 1 }, [0.5, 1.5]))
    ledger.ended('w1')
    ledger.seen('w1', await aWorker({ ocr: 10, liveness: 3 }, [0.5]))
    ledger.ended('w1')
    ledger.ended('w1')
    ledger.seen('w1', await aWorker({ liveness: 100 }, [9]))
    const lines = await linesOf(ledger)
    expect(lines.filter((line) => line.startsWith('jobs_total')).sort()).toEqual([
      'jobs_total{task="liveness"} 103',
      'jobs_total{task="ocr"} 11',
    ])
    expect(lines).toEqual(expect.arrayContaining(['busy 1']))
    expect(lines.filter((line) => line.startsWith('took'))).toEqual([
      'took_seconds_bucket{le="1"} 2',
      'took_seconds_bucket{le="2"} 3',
      'took_seconds_bucket{le="+Inf"} 4',
      'took_seconds_sum 11.5',
      'took_seconds_count 4',
    ])
  })
})
