import { describe, expect, it } from 'vitest'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import type { Json } from '../../../infra/domain/json.ts'
import { systemClock } from '../../../infra/runtime/clock.ts'
import type { TaskItem } from '../../../worker/executor.ts'
import { createModelRuns } from '../../../worker/model-runs.ts'
import type { RunJob } from '../../../worker/run-job.ts'
import { tracedBatches, tracedRunJob } from '../../../worker/traced.ts'
import { createMemoryTracer } from '../../fakes/tracer.ts'
import { silence } from '../../fixtures/silence.ts'

const NEVER = Number.POSITIVE_INFINITY
const UNSAMPLED = { traceparent: `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-00` }
const anItem = (): TaskItem => ({ pictures: {}, options: {} })
const answer = { kind: 'result', result: null as Json } as const

/** Two items a batch: the first one runs alone, the others gather meanwhile. */
const start = (fails = false) => {
  const { tracer, spans } = createMemoryTracer()
  const batches = tracedBatches(tracer)
  const executor = batches.executor({
    async run(_task, items) {
      await new Promise((resolve) => setImmediate(resolve))
      if (fails) throw new UnavailableError('inference', new Error('gone'))
      return items.map(() => answer)
    },
  })
  const deps = { executor, metrics: silence().metrics, clock: systemClock }
  const runs = batches.runs(createModelRuns(deps, { maxSize: 4, maxDelayMs: 0 }, 1))
  const run = (job = tracer.begin('job', { parent: 'none' })) => ({
    job,
    ran: tracer.within(job, () => runs.run('liveness', anItem(), NEVER)),
  })
  return { tracer, spans, run }
}

describe('jobs in batches', () => {
  it('have one span for each batch, with links there and back', async () => {
    const { spans, run } = start()
    const [first, second, third] = [run(), run(), run()]
    await Promise.all([first.ran, second.ran, third.ran])
    const batches = spans.filter(({ name }) => name === 'batch')
    expect(batches).toMatchObject([
      { parent: undefined, links: [first.job.context], attributes: { 'muster.batch.size': 1 } },
      { parent: undefined, links: [second.job.context, third.job.context], attributes: { 'muster.batch.size': 2 } },
    ])
    const infers = spans.filter(({ name }) => name === 'infer')
    expect(infers.map(({ parent }) => parent)).toEqual([first, second, third].map(({ job }) => job.context.traceparent))
    expect(infers.map(({ links }) => links)).toEqual([0, 1, 1].map((at) => [batches[at]?.context]))
    for (const { parent, startedAt } of infers)
      expect(spans.find((span) => span.name === 'batch wait' && span.parent === parent)?.endedAt).toBe(startedAt)
  })

  it('that are not recorded are in the count of their batch, and nowhere else', async () => {
    const { tracer, spans, run } = start()
    const unseen = tracer.begin('unseen', { parent: UNSAMPLED })
    const [blocking, one, other] = [run(), run(unseen), run()]
    await Promise.all([blocking.ran, one.ran, other.ran])
    const [, batch] = spans.filter(({ name }) => name === 'batch')
    expect(batch).toMatchObject({ links: [other.job.context], attributes: { 'muster.batch.size': 2 } })
    expect(spans.filter(({ name }) => name === 'infer')).toHaveLength(2)
  })

  it('make no span where none of them is recorded', async () => {
    const { tracer, spans, run } = start()
    await run(tracer.begin('unseen', { parent: UNSAMPLED })).ran
    expect(spans).toEqual([])
  })

  it('fail together', async () => {
    const { spans, run } = start(true)
    await expect(run().ran).rejects.toThrow(UnavailableError)
    const failed = spans.filter(({ error }) => error === 'UNAVAILABLE').map(({ name }) => name)
    expect(failed.sort()).toEqual(['batch', 'infer'])
    expect(spans.find(({ name }) => name === 'batch wait')?.error).toBeUndefined()
  })
})

describe('a run', () => {
  const runOf = (runJob: RunJob) => {
    const { tracer, spans } = createMemoryTracer()
    const delivery = tracer.begin('delivery')
    const run = tracedRunJob(tracer, runJob)
    const done = tracer.within(delivery, () => run({} as never, new AbortController().signal))
    return { spans, ended: () => done.finally(() => delivery.end()) }
  }

  it('tells its delivery how it came out', async () => {
    const error = { code: 'NO_FACE' } as never
    const outcome = { state: 'failed', result: null, error, models: [], timings: {} } as const
    const { spans, ended } = runOf(async () => ({ outcome }))
    await ended()
    expect(spans[0]?.attributes).toEqual({ 'muster.job.state': 'failed', 'muster.job.error': 'NO_FACE' })
    expect(spans[0]?.error).toBeUndefined()
  })

  it('that throws fails its delivery by the code, never by the message', async () => {
    const { spans, ended } = runOf(() => Promise.reject(new TypeError('about Erika Mustermann')))
    await expect(ended()).rejects.toThrow(TypeError)
    expect(spans[0]?.error).toBe('TypeError')
    expect(JSON.stringify(spans)).not.toContain('Erika')
  })
})
