import { describe, expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import type { UsageReport } from '../../../../infra/ports/usage-store.ts'
import type { JobRun } from '../../../../worker/run-job.ts'
import { createUsageTally } from '../../../../worker/usage/usage-tally.ts'
import { createMemoryJobStore } from '../../../fakes/job-store.ts'
import { createMemoryUsageStore } from '../../../fakes/usage-store.ts'
import { aNewJob } from '../../../fixtures/jobs.ts'
import { silence } from '../../../fixtures/silence.ts'

const models = [
  { name: 'match', version: '2.0.0', digest: 'sha256:b' },
  { name: 'find', version: '1.0.0', digest: 'sha256:a' },
]
const outcome = { state: 'succeeded', result: {}, error: null, models, thresholdSet: undefined, timings: {} } as const

const setUp = () => {
  let now = 0
  const store = createMemoryUsageStore()
  const told: UsageReport[] = []
  let answer: 'yes' | 'lost' | 'silent' = 'yes'
  const tell = async (report: UsageReport) => {
    told.push(report)
    if (answer !== 'lost') await store.tell(report)
    if (answer !== 'yes') throw new UnavailableError('postgres', new Error(answer))
  }
  const deps = { store: { tell }, clock: { monotonic: () => now }, log: silence().log }
  const tally = createUsageTally(deps, { source: 'w', pool: 'checks' })
  const jobs = createMemoryJobStore()
  const run = async (tenant: string, ms: number, fails = false) => {
    const { job } = await jobs.insert(aNewJob({ tenant }))
    const runJob = tally.watch(async (): Promise<JobRun> => {
      now += ms
      if (fails) throw new Error('died')
      return { outcome }
    })
    await runJob(job, new AbortController().signal).catch(() => {})
  }
  const usage = async () => {
    const rows = await store.usage(0, Number.MAX_SAFE_INTEGER)
    return rows.map(({ tenant, model, runCount, busyMs }) => [tenant, model, runCount, busyMs])
  }
  return {
    tally,
    told,
    run,
    usage,
    say(next: typeof answer): void {
      answer = next
    },
    pass(ms: number): void {
      now += ms
    },
  }
}

describe('the tally of a worker', () => {
  it('tells of tenants and models together, and how long it was there', async () => {
    const { tally, told, run, pass } = setUp()
    await run('acme', 30)
    await run('acme', 20)
    await run('zenith', 5)
    pass(945)
    await tally.tell()
    const task = 'liveness'
    const model = 'find@1.0.0,match@2.0.0'
    expect(told).toEqual([
      {
        ...{ source: 'w', number: 1, pool: 'checks', presentMs: 1_000 },
        shares: [
          { tenant: 'acme', task, model, runCount: 2, busyMs: 50 },
          { tenant: 'zenith', task, model, runCount: 1, busyMs: 5 },
        ],
      },
    ])
    pass(10)
    await tally.tell()
    expect(told[1]).toEqual({ source: 'w', number: 2, pool: 'checks', presentMs: 10, shares: [] })
  })

  it('counts the time of a run that came to nothing, and no run', async () => {
    const { tally, run, usage } = setUp()
    await run('acme', 30, true)
    await tally.tell()
    expect(await usage()).toEqual([['acme', '', 0, 30]])
  })

  it.each(['lost', 'silent'] as const)('counts everything once when what it told was %s', async (how) => {
    const { tally, run, usage, say } = setUp()
    say(how)
    await run('acme', 30)
    await tally.tell()
    await run('acme', 20)
    await tally.tell()
    say('yes')
    await tally.tell()
    expect(await usage()).toEqual([['acme', 'find@1.0.0,match@2.0.0', 2, 50]])
  })
})
