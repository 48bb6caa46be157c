import { describe, expect, it } from 'vitest'
import type { Job } from '../../../infra/domain/job.ts'
import { noPictureSealer } from '../../../infra/encryption/picture-sealer.ts'
import { systemClock } from '../../../infra/runtime/clock.ts'
import type { Executor, TaskAnswer } from '../../../worker/executor.ts'
import type { Ran } from '../../../worker/model-runs.ts'
import type { Part } from '../../../worker/rollout/part.ts'
import { createRunJob } from '../../../worker/run-job.ts'
import { aFinishedJob } from '../../contract/result-cache.ts'
import { silence } from '../../fixtures/silence.ts'

const { metrics } = silence()
const answerOf = (who: string): TaskAnswer => ({ kind: 'result', result: { who } })
const decidesOf = (who: string) => ({
  models: { liveness: [{ name: who, version: '1.0.0', digest: `sha256:${who}` }] },
  thresholds: { liveness: { digest: `set of ${who}`, task: 'liveness', thresholds: {} } as const },
})
const candidateRan: Ran = { answer: answerOf('candidate'), startedAt: 0, inferMs: 1, batchSize: 1 }

const aJob = (): Job => ({
  ...aFinishedJob({ state: 'running', result: null, deadline: 60_000, startedAt: 0, createdAt: 0 }),
  input: { pictures: [{ name: 'image', key: 'k', sha256: null, bytes: 1 }], options: {} },
})

const setUp = (part?: Part, run: Executor['run'] = async (_task, items) => items.map(() => answerOf('base'))) => {
  const read = { count: 0 }
  const runJob = createRunJob(
    {
      executor: { ...decidesOf('base'), devices: ['cpu'], run, close: async () => {} },
      blobs: {
        get: async () => {
          read.count += 1
          return new Uint8Array(3)
        },
      },
      pictures: { decode: async () => ({ data: new Uint8Array(3), width: 1, height: 1 }) },
      sealer: noPictureSealer,
      ...{ metrics, clock: systemClock, ...(part && { partOf: () => part }) },
    },
    { maxSize: 4, maxDelayMs: 0 },
    1,
  )
  return { read, run: () => runJob(aJob(), new AbortController().signal) }
}

it('names the models and the thresholds that decided', async () => {
  const { run } = setUp()
  expect(await run()).toMatchObject({
    outcome: { state: 'succeeded', result: { who: 'base' }, models: [{ name: 'base' }], thresholdSet: 'set of base' },
  })
})

describe('a job of a canary', () => {
  it('is answered by the candidate and names it', async () => {
    const { run, read } = setUp({ kind: 'canary', decides: decidesOf('candidate'), run: async () => candidateRan })
    const { outcome } = await run()
    expect(outcome).toMatchObject({ result: { who: 'candidate' }, models: [{ name: 'candidate' }] })
    expect([outcome.thresholdSet, read.count]).toEqual(['set of candidate', 1])
  })

  it('is answered by the base when the candidate fails: its pictures are read again', async () => {
    const { run, read } = setUp({ kind: 'canary', decides: decidesOf('candidate'), run: async () => undefined })
    expect((await run()).outcome).toMatchObject({ result: { who: 'base' }, models: [{ name: 'base' }] })
    expect(read.count).toBe(2)
  })
})

it('has a job beside a canary counted', async () => {
  const counted: Ran[] = []
  await setUp({ kind: 'beside', count: (ran) => void counted.push(ran) }).run()
  expect(counted).toMatchObject([{ answer: answerOf('base'), batchSize: 1 }])
})

describe('a job in the shadow', () => {
  const held = () => {
    const told: string[] = []
    const hold = () => ({
      judge: ({ answer }: Ran) => void told.push(JSON.stringify(answer)),
      drop: () => void told.push('dropped'),
    })
    return { told, part: { kind: 'shadow', hold } as const }
  }

  it('is judged by the candidate once it is settled, not before', async () => {
    const { told, part } = held()
    const { outcome, afterwards } = await setUp(part).run()
    expect([outcome.models[0]?.name, told]).toEqual(['base', []])
    afterwards?.()
    expect(told).toEqual([JSON.stringify(answerOf('base'))])
  })

  it('lets go of what was held when the base throws', async () => {
    const { told, part } = held()
    await expect(setUp(part, () => Promise.reject(new Error('no'))).run()).rejects.toThrow('no')
    expect(told).toEqual(['dropped'])
  })

  it('has nothing to do afterwards when there was no room', async () => {
    expect((await setUp({ kind: 'shadow', hold: () => undefined }).run()).afterwards).toBeUndefined()
  })
})
