import { describe, expect, it, vi } from 'vitest'
import { type ChatDeps, createChat } from '../../../autoscaler/chat.ts'
import { createOverrides } from '../../../autoscaler/overrides.ts'
import { createReadPools } from '../../../autoscaler/pool-status.ts'
import { createSchedules } from '../../../autoscaler/schedules.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import type { KeptDecision } from '../../../infra/domain/scaling.ts'
import type { ChatRequest } from '../../../infra/ports/chat.ts'
import type { NoticeAction } from '../../../infra/ports/notifier.ts'
import { createMemoryAuditLog } from '../../fakes/audit-log.ts'
import { createMemoryOverrideStore } from '../../fakes/override-store.ts'
import { createMemoryScheduleStore } from '../../fakes/schedule-store.ts'
import { aKept } from '../../fixtures/decisions.ts'
import { aWindow } from '../../fixtures/overrides.ts'
import { silence } from '../../fixtures/silence.ts'

const NOW = Date.UTC(2026, 10, 23, 10)
const [OPERATOR, ADMIN, STRANGER] = ['U0OPERATOR', 'U0ADMIN', 'U0STRANGER']

const set = (changes: Partial<ChatDeps> = {}) => {
  const clock = { now: () => NOW }
  const [store, scheduleStore, audit] = [
    createMemoryOverrideStore(clock.now),
    createMemoryScheduleStore(),
    createMemoryAuditLog(),
  ]
  const looks = [aKept({ id: 'd-1', from: 5, to: 12, at: NOW, nextAt: NOW + 30_000 })]
  const decisions = {
    list: async ({ pool }: { pool: string }): Promise<readonly KeptDecision[]> =>
      looks.filter((one) => one.pool === pool),
  }
  const pools = new Map([
    ['checks', { min: 1, max: 60 }],
    ['ocr', { min: 0, max: 5 }],
  ])
  const names = [...pools.keys()]
  const overrides = createOverrides({ store, decisions, audit, notifier: { tell: () => {} }, clock, pools })
  const schedules = createSchedules({ store: scheduleStore, audit, clock, pools: names })
  const readPools = createReadPools({ decisions, overrides: store, schedules: scheduleStore })
  const deps = { overrides, schedules, readPools, decisions, audit, clock, log: silence().log, ...changes }
  const people = { operators: new Set([OPERATOR]), admins: new Set([ADMIN]) }
  const chat = createChat(deps, { pools: names, ...people })
  const ask = async (request: ChatRequest) => (await chat(request)).lines
  const say = (text: string, user: string = OPERATOR) => ask({ kind: 'said', user, requestId: 'r1', text })
  const press = (action: NoticeAction, about = 'd-1', user: string = OPERATOR) =>
    ask({ kind: 'pressed', user, requestId: 'r1', action, pool: 'checks', about })
  return { say, press, store, scheduleStore, audit }
}

describe('everybody', () => {
  it('may ask how the pools stand', async () => {
    const { say, scheduleStore } = set()
    await scheduleStore.put(aWindow(), 'x')
    await say('pin checks 50 because x')
    const lines = await say('STATUS', STRANGER)
    expect(lines[0]).toContain('pin 50 by slack:U0OPERATOR until 2026-11-23 12:00 UTC: x')
    expect(lines[0]).toContain('schedule at least 50 (opening)')
    expect(lines[1]).toBe('ocr: nobody looked yet')
  })

  it('may ask why, and what the schedule asks for', async () => {
    const { say, scheduleStore } = set()
    expect((await say('why checks', STRANGER))[0]).toContain('checks: 5 -> 12 nodes')
    expect(await say('why ocr', STRANGER)).toEqual(['ocr: nobody looked yet'])
    expect(await say('schedule next', STRANGER)).toEqual(['the schedule asks for nothing in the next 7 days'])
    await scheduleStore.put(aWindow(), 'x')
    expect(await say('schedule next checks', STRANGER)).toHaveLength(6)
    expect(await say('schedule next ocr', STRANGER)).toHaveLength(1)
  })

  it.each(['', '  ', 'help', 'why', 'why gpus', 'why checks now', 'schedule', 'schedule last', 'status checks'])(
    'is told what can be said, after %j',
    async (text) => {
      expect(await set().say(text, STRANGER)).toContain('why <pool>')
    },
  )

  it.each(['pin checks 5 because x', 'release checks', 'confirm 1', 'drop table override', 'constructor'])(
    'may not say %j, and the attempt is kept',
    async (text) => {
      const { say, store, audit } = set()
      expect((await say(text, STRANGER))[0]).toContain('this needs the role operator')
      expect(await store.list({ limit: 9 })).toEqual([])
      expect(audit.events).toMatchObject([
        { actor: 'slack:U0STRANGER', channel: 'slack', action: 'authz_fail', details: { said: text, role: 'viewer' } },
      ])
    },
  )

  it.each(['undo', 'hold', 'release', 'confirm'] as const)('may not press %s', async (action) => {
    const { press, audit } = set()
    expect((await press(action, 'd-1', STRANGER))[0]).toContain('this needs the role operator')
    expect(audit.events.map((event) => event.action)).toEqual(['authz_fail'])
  })
})

describe('operators and admins', () => {
  it.each([OPERATOR, ADMIN])('may say what the count is to be: %s', async (user) => {
    const { say, store, audit } = set()
    expect((await say('pin checks 50 for 3h because a sale', user))[1]).toBe('the count goes from 12 to 50')
    expect(await store.active()).toMatchObject([{ kind: 'pin', count: 50, actor: `slack:${user}` }])
    expect(audit.events.map(({ action }) => action)).toEqual(['chat_command', 'override_said'])
  })

  it('may press what stands under a notice', async () => {
    const { press, store } = set()
    expect((await press('undo'))[0]).toContain('pin 5 by slack:U0OPERATOR')
    expect((await press('hold'))[0]).toContain('hold 12 by slack:U0OPERATOR')
    expect((await press('release'))[0]).toContain('released by slack:U0OPERATOR')
    expect(await store.active()).toEqual([])
  })

  it('confirm what somebody else asked for, and not their own', async () => {
    const { say, press } = set()
    await say('pin checks 50 for 2d because a fair')
    expect(await press('confirm', '1')).toEqual(['it takes a second person to confirm this, within an hour'])
    expect((await press('confirm', '1', ADMIN))[1]).toBe('confirmed by slack:U0ADMIN')
  })

  it('are told what was wrong', async () => {
    const { say, press } = set()
    expect((await say('pin checks'))[0]).toContain('the count must be a whole number')
    expect(await say('pin checks 61 because x')).toEqual(['pool checks may have at most 60'])
    expect(await say('pin gpus 1 because x')).toEqual(['the fleet has no pool gpus'])
    expect((await press('undo', 'd-0'))[0]).toContain('not the last change')
  })
})

describe('trouble', () => {
  const gone = () => Promise.reject(new UnavailableError('postgres', new Error('gone')))

  it('is said, and nothing is done without the trail', async () => {
    const run = vi.fn()
    const { say } = set({ audit: { record: gone }, overrides: { run, undo: run, hold: run } })
    expect((await say('pin checks 5 because x'))[0]).toContain('postgres does not answer')
    expect(run).not.toHaveBeenCalled()
  })

  it('of ours is not shown in its own words', async () => {
    const failing = () => Promise.reject(new Error('relation "override" has no column secret'))
    const { say } = set({ overrides: { run: failing, undo: failing, hold: failing } })
    expect(await say('pin checks 5 because x')).toEqual(['something went wrong here (r1)'])
  })
})
