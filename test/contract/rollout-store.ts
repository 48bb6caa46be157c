import { afterEach, describe, expect, it } from 'vitest'
import { emptyHistogram } from '../../infra/domain/latency-histogram.ts'
import { noCounts } from '../../infra/domain/rollout-counts.ts'
import { TASK_NAMES } from '../../infra/domain/task.ts'
import type { RolloutStore } from '../../infra/ports/rollout-store.ts'
import { aNewRollout, someCounts } from '../fixtures/rollouts.ts'

const latencyOf = (bucket: number, count: number): number[] => emptyHistogram().with(bucket, count)
const END = { from: ['active', 'promoted'], to: 'ended', by: 'bob', reason: 'it is over' } as const

/** What every RolloutStore promises. All opened ones speak of the same rollouts; the suite ends what it started. */
export const describeRolloutStore = (adapter: string, open: () => Promise<RolloutStore>): void => {
  describe(`RolloutStore on ${adapter}`, () => {
    const started: string[] = []
    afterEach(async () => {
      const store = await open()
      for (const id of started.splice(0)) await store.change(id, END)
    })

    const start = async (overrides: Parameters<typeof aNewRollout>[0] = {}) => {
      const store = await open()
      const answer = await store.start(aNewRollout(overrides))
      if (answer.kind !== 'started') throw new Error(`the task is busy with ${answer.id}`)
      started.push(answer.rollout.id)
      return { store, rollout: answer.rollout }
    }

    it('keeps what was asked for, and has it in force', async () => {
      const tenants = ['acme', 'a "quoted" one']
      const { store, rollout } = await start({ mode: 'canary', share: 0.25, tenants })
      const asked = aNewRollout({ mode: 'canary', share: 0.25, tenants })
      expect(rollout).toMatchObject({ ...asked, state: 'active', changedAt: null, changedBy: null })
      expect(await store.find(rollout.id)).toEqual(rollout)
      expect(await store.inForce()).toContainEqual(rollout)
    })

    it.each(['', 'x', '1; drop table rollout', '9'.repeat(30)])('knows nothing by the id %j', async (id) => {
      const store = await open()
      expect(await store.find(id)).toBeUndefined()
      expect(await store.change(id, END)).toBeUndefined()
    })

    it('has one in force for a task, and says which', async () => {
      const { store, rollout } = await start()
      expect(await store.start(aNewRollout({ mode: 'canary' }))).toEqual({ kind: 'busy', id: rollout.id })
      await store.change(rollout.id, { ...END, to: 'promoted' })
      expect(await store.start(aNewRollout())).toEqual({ kind: 'busy', id: rollout.id })
      expect((await start({ task: 'ocr' })).rollout.id).not.toBe(rollout.id)
      await store.change(rollout.id, END)
      expect((await start()).rollout.id).not.toBe(rollout.id)
    })

    it('lets one of several start one for a task', async () => {
      const store = await open()
      const answers = await Promise.all([1, 2, 3].map(() => store.start(aNewRollout({ task: 'face-match' }))))
      for (const answer of answers) if (answer.kind === 'started') started.push(answer.rollout.id)
      expect(answers.map(({ kind }) => kind).sort()).toEqual(['busy', 'busy', 'started'])
    })

    it('lets one of several change it, and keeps who and why', async () => {
      const { store, rollout } = await start()
      const back = (by: string) =>
        store.change(rollout.id, { from: ['active'], to: 'taken-back', by, reason: 'errors' })
      const changes = (await Promise.all(['api-1', 'api-2', 'api-3'].map(back))).filter((one) => one !== undefined)
      expect(changes).toHaveLength(1)
      expect(await store.find(rollout.id)).toEqual(changes[0])
      expect(changes[0]).toMatchObject({ state: 'taken-back', changeReason: 'errors', changedAt: expect.any(Number) })
      expect((await store.inForce()).map(({ id }) => id)).not.toContain(rollout.id)
    })

    it('lists the newest first', async () => {
      const older = await start({ task: 'liveness' })
      const newer = await start({ task: 'ocr' })
      expect((await newer.store.list(2)).map(({ id }) => id)).toEqual([newer.rollout.id, older.rollout.id])
      expect(await newer.store.list(1)).toHaveLength(1)
    })

    it('counts a worker as lost that comes again without having left', async () => {
      const { store, rollout } = await start()
      const enter = (worker = 'node-1/gpu/0') => store.enter(rollout.id, worker)
      expect([await enter(), await enter(), await enter('node-1/gpu/1')]).toEqual([0, 1, 0])
      await store.tell(rollout.id, 'node-1/gpu/0', 'ready', null)
      expect(await enter()).toBe(2)
      await store.tell(rollout.id, 'node-1/gpu/0', 'left', null)
      expect(await enter()).toBe(2)
    })

    it('shows how each worker gets on, and what it failed at even after it left', async () => {
      const { store, rollout } = await start()
      await store.enter(rollout.id, 'b')
      await store.tell(rollout.id, 'b', 'ready', null)
      await store.tell(rollout.id, 'a', 'failed', 'no such model')
      await store.tell(rollout.id, 'a', 'left', null)
      expect(await store.workers(rollout.id)).toEqual([
        { worker: 'a', state: 'left', lostCount: 0, error: 'no such model', seenAt: expect.any(Number) },
        { worker: 'b', state: 'ready', lostCount: 0, error: null, seenAt: expect.any(Number) },
      ])
    })

    it('adds up what workers count, of each arm for itself', async () => {
      const { store, rollout } = await start()
      const tell = (counts: Parameters<typeof someCounts>[0], arm: 'base' | 'candidate' = 'candidate') => ({
        rolloutId: rollout.id,
        arm,
        counts: someCounts(counts),
      })
      await Promise.all([
        store.add([tell({ jobs: 2, latency: latencyOf(3, 2) }), tell({ jobs: 1, latency: latencyOf(4, 1) })]),
        store.add([tell({ jobs: 4, flips: 1, shiftSum: -0.5, latency: latencyOf(3, 4) })]),
        store.add([tell({ jobs: 5, scoreSum: 1.25 }, 'base')]),
        store.add([]),
      ])
      const latency = latencyOf(3, 6).with(4, 1)
      const counts = {
        candidate: someCounts({ jobs: 7, flips: 1, shiftSum: -0.5, latency }),
        base: someCounts({ jobs: 5, scoreSum: 1.25 }),
      }
      expect(await store.counts(rollout.id)).toEqual(counts)
      expect(await store.counts(rollout.id, 600_000)).toEqual(counts)
    })

    it('forgets minutes and keeps the whole', async () => {
      const { store, rollout } = await start()
      await store.add([{ rolloutId: rollout.id, arm: 'base', counts: someCounts({ jobs: 3 }) }])
      await store.forgetMinutes(-120_000)
      expect((await store.counts(rollout.id)).base.jobs).toBe(3)
      expect((await store.counts(rollout.id, 600_000)).base).toEqual(noCounts())
    })

    it('passes over counts of a rollout that never was', async () => {
      const { store, rollout } = await start()
      const counts = someCounts({ jobs: 1 })
      await store.add([
        { rolloutId: '999999999', arm: 'base', counts },
        { rolloutId: rollout.id, arm: 'base', counts },
      ])
      expect((await store.counts(rollout.id)).base.jobs).toBe(1)
      expect((await store.counts('999999999')).base.jobs).toBe(0)
    })

    it.each(TASK_NAMES)('starts one for %s', async (task) => {
      expect((await start({ task })).rollout.task).toBe(task)
    })
  })
}
