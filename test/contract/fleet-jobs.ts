import { v7 as uuidv7 } from 'uuid'
import { describe, expect, it } from 'vitest'
import { outcome } from '../../infra/domain/outcomes.ts'
import type { FleetJobs } from '../../infra/ports/fleet-jobs.ts'
import type { JobStore } from '../../infra/ports/job-store.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../fixtures/jobs.ts'

/** What every FleetJobs promises. */
export const describeFleetJobs = (
  adapter: string,
  open: () => Promise<{ readonly jobs: JobStore; readonly fleetJobs: FleetJobs }>,
): void => {
  describe(`FleetJobs on ${adapter}`, () => {
    it('finds a job of any tenant, with how it fared', async () => {
      const { jobs, fleetJobs } = await open()
      for (const tenant of ['one', 'another'].map((name) => `${name}-${uuidv7()}`)) {
        const { job } = await jobs.insert(aNewJob({ tenant }))
        const run = claimed(await jobs.claim(aClaim(job.id)))
        await jobs.finish(anOutcome(run, { thresholdSet: 'sha256:11' }))
        const { task, lane, createdAt, deadline } = job
        expect(await fleetJobs.find(job.id)).toEqual({
          ...{ id: job.id, tenant, task, lane, createdAt, deadline, state: 'succeeded', attempt: 1, error: null },
          models: [{ name: 'm', version: '1.0.0', digest: 'sha256:00' }],
          thresholdSet: 'sha256:11',
          timings: { storeMs: 4.5, inferMs: 3 },
          startedAt: run.startedAt,
          finishedAt: expect.any(Number),
          erasedAt: null,
        })
      }
    })

    it('tells the code of an error, and nothing else of it', async () => {
      const { jobs, fleetJobs } = await open()
      const { job } = await jobs.insert(aNewJob())
      const run = claimed(await jobs.claim(aClaim(job.id)))
      await jobs.finish(anOutcome(run, { state: 'failed', result: null, error: outcome('NO_FACE') }))
      const found = await fleetJobs.find(job.id)
      expect(found?.error).toEqual({ code: 'NO_FACE', fault: 'caller' })
      expect(Object.keys(found ?? {})).not.toEqual(expect.arrayContaining(['input']))
      expect(Object.keys(found ?? {})).not.toEqual(expect.arrayContaining(['result']))
    })

    it('knows no job that is not there', async () => {
      const { fleetJobs } = await open()
      expect(await fleetJobs.find(uuidv7())).toBeUndefined()
    })
  })
}
