import { describe, expect, it } from 'vitest'
import { CommandInvalidError } from '../../../autoscaler/command.ts'
import {
  CountTooHighError,
  NotLastChangeError,
  NotPendingError,
  SecondPersonNeededError,
} from '../../../autoscaler/override-errors.ts'
import { createOverrides, type Said } from '../../../autoscaler/overrides.ts'
import { PoolUnknownError, UnavailableError } from '../../../infra/domain/errors.ts'
import type { KeptDecision } from '../../../infra/domain/scaling.ts'
import type { AuditLog } from '../../../infra/ports/audit-log.ts'
import type { Notice } from '../../../infra/ports/notifier.ts'
import { createMemoryAuditLog } from '../../fakes/audit-log.ts'
import { createMemoryOverrideStore } from '../../fakes/override-store.ts'
import { aKept } from '../../fixtures/decisions.ts'

const MINUTE = 60_000
const ADA: Said = { actor: 'slack:U1', channel: 'slack', requestId: 'r1' }
const BOB: Said = { actor: 'key1', channel: 'api' }
const NOW = Date.UTC(2026, 10, 21, 12, 5)

const set = ({ audit = createMemoryAuditLog() as AuditLog, looks = [aKept({ to: 12 })] } = {}) => {
  const clock = { ms: NOW, now: () => clock.ms }
  const store = createMemoryOverrideStore(clock.now)
  const notices: Notice[] = []
  const decisions = {
    list: async ({ pool, limit }: { pool: string; limit: number }): Promise<readonly KeptDecision[]> =>
      looks.filter((one) => one.pool === pool).slice(0, limit),
  }
  const pools = new Map([
    ['checks', { min: 2, max: 60 }],
    ['ocr', { min: 0, max: 5 }],
  ])
  const notifier = { tell: (notice: Notice) => void notices.push(notice) }
  return { overrides: createOverrides({ store, decisions, audit, notifier, clock, pools }), store, notices, clock }
}

describe('run', () => {
  it('says what holds now, until when, and what the count will be', async () => {
    const { overrides, store, notices } = set()
    const outcome = await overrides.run('pin checks 50 because the campaign starts', ADA)
    expect(outcome).toMatchObject({ kind: 'holds', override: { kind: 'pin', count: 50, pending: false } })
    expect(outcome.lines).toEqual([
      'checks: pin 50 by slack:U1 until 2026-11-21 14:05 UTC: the campaign starts',
      'the count goes from 12 to 50',
    ])
    expect((await store.active()).map(({ id }) => id)).toEqual([outcome.override?.id])
    expect(notices).toMatchObject([{ kind: 'override', lines: outcome.lines, actions: ['release'], about: '1' }])
  })

  it('says what it replaces, and whether that holds again afterwards', async () => {
    const { overrides, clock } = set()
    await overrides.run('floor checks 20 for 5h because a sale', BOB)
    clock.ms += 1
    const { lines } = await overrides.run('ceiling checks 8 for 1h because the bill', ADA)
    expect(lines.slice(1)).toEqual([
      'the count goes from 12 to at most 8',
      'replaces floor 20 by key1 until 2026-11-21 17:05 UTC: a sale',
      'afterwards that holds again',
    ])
  })

  it('keeps the present count with a hold', async () => {
    const outcome = await set().overrides.run('hold checks because looking into it', ADA)
    expect(outcome).toMatchObject({ override: { kind: 'hold', count: 12 } })
    expect(outcome.lines[1]).toBe('the count stays 12')
  })

  it.each(['forecast-only', 'not-now', 'conflict', 'abandoned'] as const)(
    'counts from what there is where the last decision was not done: %s',
    async (outcome) => {
      const { overrides } = set({ looks: [aKept({ from: 5, to: 12, outcome })] })
      expect((await overrides.run('hold checks because x', ADA)).lines[1]).toBe('the count stays 5')
    },
  )

  it.each([
    ['nobody speaks of', 'pin gpus 5 because x', PoolUnknownError],
    ['has fewer nodes', 'pin checks 61 because x', CountTooHighError],
    ['was not understood', 'pin checks because x', CommandInvalidError],
    ['would be held for ever', 'pin checks 5 for 31d because x', CommandInvalidError],
    ['nobody speaks of, to release it', 'release gpus', PoolUnknownError],
  ])('refuses a pool that %s, and changes nothing', async (_, sentence, error) => {
    const audit = createMemoryAuditLog()
    const { overrides, store, notices } = set({ audit })
    await expect(overrides.run(sentence, ADA)).rejects.toThrow(error)
    expect([await store.list({ limit: 9 }), notices, audit.events]).toEqual([[], [], []])
  })

  it('writes who, what, why and what was before into the trail', async () => {
    const audit = createMemoryAuditLog()
    const { overrides } = set({ audit })
    await overrides.run('pin checks 50 for 1h because a', ADA)
    await overrides.run('floor checks 9 because b', BOB)
    expect(audit.events[1]).toEqual({
      ...BOB,
      action: 'override_said',
      tenant: null,
      target: 'checks',
      details: {
        before: { kind: 'pin', count: 50 },
        after: { kind: 'floor', count: 9, durationMs: 7_200_000, needsSecond: false },
        reason: 'b',
        count: 12,
      },
    })
  })

  it.each(['pin checks 50 because x', 'release checks', 'confirm 1'])(
    'does nothing when it cannot be written into the trail: %s',
    async (sentence) => {
      const audit = { record: () => Promise.reject(new UnavailableError('postgres', new Error('gone'))) }
      const { overrides, store } = set({ audit })
      await store.add({
        ...{ pool: 'checks', kind: 'pin', count: 5, actor: 'x', reason: 'x', durationMs: 9, needsSecond: true },
      })
      const before = await store.list({ limit: 9 })
      await expect(overrides.run(sentence, ADA)).rejects.toThrow(UnavailableError)
      expect(await store.list({ limit: 9 })).toEqual(before)
    },
  )
})

describe('a second person', () => {
  it('is asked for beyond a day, and is somebody else', async () => {
    const { overrides, store, notices } = set()
    const asked = await overrides.run('pin checks 50 for 2d because a trade fair', ADA)
    expect(asked).toMatchObject({ kind: 'pending', override: { pending: true } })
    expect(asked.lines[1]).toContain('before 2026-11-21 13:05 UTC (confirm 1)')
    expect(notices[0]).toMatchObject({ actions: ['confirm', 'release'], about: '1', key: 'override:1' })
    expect(await store.active()).toEqual([])

    await expect(overrides.run('confirm 1', ADA)).rejects.toThrow(SecondPersonNeededError)
    const confirmed = await overrides.run('confirm 1', BOB)
    expect(confirmed.lines).toEqual([
      'checks: pin 50 by slack:U1 until 2026-11-23 12:05 UTC: a trade fair',
      'confirmed by key1',
      'the count goes from 12 to 50',
    ])
    expect(notices[1]).toMatchObject({ key: 'override:1', actions: ['release'] })
    await expect(overrides.run('confirm 1', BOB)).rejects.toThrow(NotPendingError)
  })

  it('is told of the end when nobody came', async () => {
    const { overrides, notices, clock } = set()
    await overrides.run('pin checks 50 for 2d because a trade fair', ADA)
    clock.ms += 60 * MINUTE
    await expect(overrides.run('confirm 1', BOB)).rejects.toThrow(NotPendingError)
    await overrides.announceExpired()
    expect(notices.at(-1)?.lines).toEqual(['checks: nobody confirmed pin 50 by slack:U1, it is void'])
  })
})

describe('release', () => {
  it('ends all that holds for the pool, and says so', async () => {
    const { overrides, store, notices } = set()
    await overrides.run('pin checks 50 because x', ADA)
    await overrides.run('pin ocr 5 because x', ADA)
    const outcome = await overrides.run('release checks because it is over', BOB)
    expect(outcome).toMatchObject({ kind: 'released', released: [{ id: '1', releasedBy: 'key1' }] })
    expect(outcome.lines.at(-1)).toBe('schedule and forecast decide again')
    expect((await store.active()).map(({ pool }) => pool)).toEqual(['ocr'])
    expect(notices.at(-1)).toMatchObject({ key: 'override:1', actions: [] })
    expect((await overrides.run('release checks', BOB)).lines).toEqual(['checks: there was nothing to release'])
  })
})

describe('undo', () => {
  const changed = aKept({ id: 'd-2', from: 12, to: 20 })
  const looks = [aKept({ id: 'd-3', direction: 'none', from: 20, to: 20, outcome: 'none' }), changed]

  it('pins the count from before the last change for half an hour', async () => {
    const outcome = await set({ looks }).overrides.undo('checks', 'd-2', ADA)
    expect(outcome.lines).toEqual([
      'checks: pin 12 by slack:U1 until 2026-11-21 12:35 UTC: undo 12 -> 20',
      'the count goes from 20 to 12',
    ])
  })

  it.each([
    ['a change before the last', 'd-1'],
    ['a look that changed nothing', 'd-3'],
    ['what never was', ''],
  ])('does not go back behind other changes: %s', async (_, id) => {
    const { overrides, store } = set({ looks: [...looks, aKept({ id: 'd-1', from: 5, to: 12 })] })
    await expect(overrides.undo('checks', id, ADA)).rejects.toThrow(NotLastChangeError)
    expect(await store.active()).toEqual([])
  })

  it('does not undo what was only told', async () => {
    const { overrides } = set({ looks: [aKept({ id: 'd-2', outcome: 'forecast-only' })] })
    await expect(overrides.undo('checks', 'd-2', ADA)).rejects.toThrow(NotLastChangeError)
  })
})

it('a press of hold keeps the count for half an hour', async () => {
  const { override } = await set().overrides.hold('checks', ADA)
  expect(override).toMatchObject({ kind: 'hold', count: 12, expiresAt: NOW + 30 * MINUTE })
})

it('the end of an override is told once, with what holds instead', async () => {
  const { overrides, notices, clock } = set()
  await overrides.run('floor checks 20 for 5h because a sale', BOB)
  clock.ms += 1
  await overrides.run('pin checks 50 for 30m because x', ADA)
  clock.ms += 31 * MINUTE
  await overrides.announceExpired()
  await overrides.announceExpired()
  expect(notices).toHaveLength(3)
  expect(notices[2]).toMatchObject({
    key: 'override:2',
    lines: ['checks: pin 50 by slack:U1 ran out', 'now holds floor 20 by key1 until 2026-11-21 17:05 UTC: a sale'],
  })
})
