import { describe, expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { outcome } from '../../../../infra/domain/outcomes.ts'
import type { DriftReport } from '../../../../infra/ports/drift-store.ts'
import { createDriftTally } from '../../../../worker/drift/drift-tally.ts'
import type { JobRun } from '../../../../worker/run-job.ts'
import { createMemoryDriftStore } from '../../../fakes/drift-store.ts'
import { createMemoryJobStore } from '../../../fakes/job-store.ts'
import { aNewJob } from '../../../fixtures/jobs.ts'
import { silence } from '../../../fixtures/silence.ts'

const models = [
  { name: 'live', version: '2.0.0', digest: 'sha256:b' },
  { name: 'find', version: '1.0.0', digest: 'sha256:a' },
]
const NO_FACE = { state: 'failed', result: null, error: outcome('NO_FACE', 'image') } as const

const setUp = () => {
  const store = createMemoryDriftStore()
  const told: DriftReport[] = []
  let answer: 'yes' | 'lost' | 'silent' = 'yes'
  const tell = async (report: DriftReport) => {
    told.push(report)
    if (answer !== 'lost') await store.tell(report)
    if (answer !== 'yes') throw new UnavailableError('postgres', new Error(answer))
  }
  const tally = createDriftTally({ store: { tell }, log: silence().log }, 'w')
  const jobs = createMemoryJobStore()
  const run = async (
    count: number,
    { tenant = 'acme', sdk = 'js 1.0', ends = undefined as Partial<JobRun['outcome']> | undefined } = {},
  ) => {
    const runJob = tally.watch(async (): Promise<JobRun> => {
      const result = { score: 0.62 }
      return { outcome: { state: 'succeeded', result, error: null, models, timings: {}, ...ends } }
    })
    for (let index = 0; index < count; index += 1) {
      const { job } = await jobs.insert(aNewJob({ tenant, input: { pictures: [], options: {}, ...(sdk && { sdk }) } }))
      await runJob(job, new AbortController().signal)
    }
  }
  /** all that was told, by what it is about */
  const counts = async () => {
    const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000
    const shares = await store.sums('liveness', [hour - 3_600_000, hour, hour + 3_600_000])
    return Object.fromEntries(shares.map(({ by, value, counts: own }) => [`${by} ${value}`, own]))
  }
  return {
    ...{ tally, told, run, counts },
    say(next: typeof answer): void {
      answer = next
    },
  }
}

describe('the tally of a worker', () => {
  it('tells of tenants and of SDKs, never of both, with all the models that decided', async () => {
    const { tally, told, run } = setUp()
    await run(6)
    await run(5, { tenant: 'zenith', sdk: '' })
    await tally.tell()
    const which = { task: 'liveness', model: 'find@1.0.0,live@2.0.0' }
    const of = (count: number) => ({ 'outcome/succeeded': count, 'score/0.60': count })
    expect(told).toEqual([
      {
        ...{ source: 'w', number: 1 },
        shares: [
          { ...which, by: 'tenant', value: 'acme', counts: of(6) },
          { ...which, by: 'sdk', value: 'js 1.0', counts: of(6) },
          { ...which, by: 'tenant', value: 'zenith', counts: of(5) },
          { ...which, by: 'sdk', value: 'none', counts: of(5) },
        ],
      },
    ])
  })

  it('keeps to itself what is about fewer than five, until others have joined', async () => {
    const { tally, told, run, counts } = setUp()
    await run(4)
    await run(1, { ends: NO_FACE })
    await tally.tell()
    expect(await counts()).toEqual({
      'tenant acme': { 'outcome/succeeded': 4, 'outcome/NO_FACE': 1 },
      'sdk js 1.0': { 'outcome/succeeded': 4, 'outcome/NO_FACE': 1 },
    })
    await tally.tell()
    expect(told).toHaveLength(1)
    await run(1)
    await tally.tell()
    expect((await counts())['tenant acme']).toEqual({ 'outcome/succeeded': 4, 'outcome/NO_FACE': 1, 'score/0.60': 5 })
  })

  it('counts no failure of our own, and no run that came to nothing', async () => {
    const { tally, told, run } = setUp()
    await run(9, { ends: { state: 'failed', result: null, error: outcome('INFERENCE_FAILED') } })
    const fails = tally.watch(async () => {
      throw new Error('died')
    })
    const { job } = await createMemoryJobStore().insert(aNewJob())
    await expect(fails(job, new AbortController().signal)).rejects.toThrow('died')
    await tally.tell()
    expect(told).toEqual([])
  })

  it('knows a few SDKs, and calls all others other', async () => {
    const { tally, run, counts } = setUp()
    for (let minor = 0; minor < 40; minor += 1) await run(5, { sdk: `js 1.${minor}` })
    await run(5, { sdk: 'js 1.0' })
    await tally.tell()
    const sdks = Object.entries(await counts()).filter(([which]) => which.startsWith('sdk'))
    expect(sdks).toHaveLength(16)
    expect(Object.fromEntries(sdks)).toMatchObject({
      'sdk js 1.0': { 'score/0.60': 10 },
      'sdk other': { 'score/0.60': 125 },
    })
  })

  it.each(['lost', 'silent'] as const)('counts everything once when a report is %s', async (how) => {
    const { tally, run, counts, say } = setUp()
    say(how)
    await run(7)
    await tally.tell()
    await run(5)
    say('yes')
    await tally.tell()
    await tally.tell()
    expect((await counts())['tenant acme']).toEqual({ 'outcome/succeeded': 12, 'score/0.60': 12 })
  })
})
