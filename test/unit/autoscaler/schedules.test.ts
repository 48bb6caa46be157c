import { describe, expect, it } from 'vitest'
import type { Said } from '../../../autoscaler/overrides.ts'
import {
  createSchedules,
  TooManyWindowsError,
  WindowInvalidError,
  WindowNotFoundError,
} from '../../../autoscaler/schedules.ts'
import { PoolUnknownError, UnavailableError } from '../../../infra/domain/errors.ts'
import type { AuditLog } from '../../../infra/ports/audit-log.ts'
import { createMemoryAuditLog } from '../../fakes/audit-log.ts'
import { createMemoryScheduleStore } from '../../fakes/schedule-store.ts'
import { aWindow } from '../../fixtures/overrides.ts'

const ADA: Said = { actor: 'key1', channel: 'api' }
const MONDAY = Date.UTC(2026, 10, 23)

const set = (audit: AuditLog = createMemoryAuditLog()) => {
  const store = createMemoryScheduleStore()
  const clock = { now: () => MONDAY }
  return { store, schedules: createSchedules({ store, audit, clock, pools: ['checks', 'ocr'] }) }
}

describe('createSchedules', () => {
  it('keeps a window, with who wrote it and what was before in the trail', async () => {
    const audit = createMemoryAuditLog()
    const { schedules } = set(audit)
    await schedules.put(aWindow(), ADA)
    await schedules.put(aWindow({ count: 60 }), ADA)
    expect(await schedules.list()).toEqual([aWindow({ count: 60 })])
    expect(audit.events[1]).toMatchObject({
      actor: 'key1',
      action: 'schedule_changed',
      target: 'window:opening',
      details: { before: { count: 50 }, after: { count: 60 } },
    })
  })

  it('says everything that is wrong with a window', async () => {
    const { schedules, store } = set()
    const bad = aWindow({ name: 'no blanks', timeZone: 'CET+1', start: '9:00', count: -1, priority: 1.5 })
    const problem = await schedules.put(bad, ADA).catch((error: unknown) => error)
    expect(problem).toBeInstanceOf(WindowInvalidError)
    expect((problem as WindowInvalidError).problems).toHaveLength(5)
    await expect(schedules.put(aWindow({ pool: 'gpus' }), ADA)).rejects.toThrow(PoolUnknownError)
    expect(await store.list()).toEqual([])
  })

  it('takes 200 windows and replaces one of them', async () => {
    const { schedules, store } = set()
    for (let index = 0; index < 200; index += 1) await store.put(aWindow({ name: `w${index}` }), 'x')
    await expect(schedules.put(aWindow(), ADA)).rejects.toThrow(TooManyWindowsError)
    await schedules.put(aWindow({ name: 'w7', count: 1 }), ADA)
    expect((await store.list()).find(({ name }) => name === 'w7')?.count).toBe(1)
  })

  it('removes a window, and says when there is none', async () => {
    const audit = createMemoryAuditLog()
    const { schedules } = set(audit)
    await schedules.put(aWindow(), ADA)
    await schedules.remove('opening', ADA)
    await expect(schedules.remove('opening', ADA)).rejects.toThrow(WindowNotFoundError)
    expect(audit.events.map(({ action }) => action)).toEqual(['schedule_changed', 'schedule_removed'])
  })

  it('changes nothing that cannot be written into the trail', async () => {
    const { schedules, store } = set({ record: () => Promise.reject(new UnavailableError('postgres', new Error())) })
    await store.put(aWindow(), 'x')
    await expect(schedules.put(aWindow({ count: 1 }), ADA)).rejects.toThrow(UnavailableError)
    await expect(schedules.remove('opening', ADA)).rejects.toThrow(UnavailableError)
    expect(await store.list()).toEqual([aWindow()])
  })

  it('tells what holds in the next seven days, pool by pool', async () => {
    const { schedules } = set()
    await schedules.put(aWindow(), ADA)
    await schedules.put(aWindow({ name: 'ocr', pool: 'ocr', days: ['tue'] }), ADA)
    const all = await schedules.next()
    expect(all.map(({ pool }) => pool)).toEqual(['checks', 'checks', 'checks', 'checks', 'checks', 'ocr'])
    expect((await schedules.next({ pool: 'checks', days: 2 })).map(({ from }) => new Date(from).toISOString())).toEqual(
      ['2026-11-23T07:50:00.000Z', '2026-11-24T07:50:00.000Z'],
    )
  })
})
