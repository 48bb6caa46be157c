import { setImmediate as others } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { readDrift } from '../../../../autoscaler/drift/read-drift.ts'
import { createMemoryDriftStore } from '../../../fakes/drift-store.ts'
import { sharesOf } from '../../../fixtures/drift.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = Date.parse('2026-11-18T10:20:00Z')
const USUAL = { '0.50': 200, '0.60': 1_000, '0.70': 800 }
const LOWER = { '0.40': 200, '0.50': 1_000, '0.60': 800 }

const setUp = () => {
  let [now, number] = [NOW, 0]
  const store = createMemoryDriftStore(() => now)
  const plant = async (ago: number, scores: Readonly<Record<string, number>>, model = 'live@1.0.0') => {
    ;[now, number] = [NOW - ago, number + 1]
    await store.tell({ source: 'w', number, shares: sharesOf(scores, { model }) })
    now = NOW
  }
  const score = async () => {
    const { signals } = await readDrift(store, NOW)
    return signals.find(({ task, signal }) => task === 'liveness' && signal === 'score')
  }
  return { store, plant, score }
}

it('knows nothing of an empty database, and says of every signal that it is unknown', async () => {
  const { signals, reference } = await readDrift(createMemoryDriftStore(), NOW)
  expect(signals).toHaveLength(27)
  expect(new Set(signals.map(({ level }) => level))).toEqual(new Set(['unknown']))
  expect(reference.until).toBeLessThan(NOW - 6 * DAY)
})

it('compares with the same hour of weeks ago, not with other hours', async () => {
  const { plant, score } = setUp()
  await plant(2 * HOUR, LOWER)
  for (const week of [1, 2]) await plant(2 * HOUR + week * 7 * DAY, LOWER)
  await plant(30 * HOUR + 7 * DAY, USUAL)
  expect(await score()).toMatchObject({
    level: 'well',
    count: 2_000,
    referenceCount: 4_000,
    reference: { kind: 'weeks' },
  })
})

it('compares the hour that runs now with nothing: it is not over', async () => {
  const { plant, score } = setUp()
  await plant(0, LOWER)
  expect(await score()).toMatchObject({ level: 'unknown', count: 0 })
})

it('compares a new model with its own days, and the old one with its weeks', async () => {
  const { plant, score } = setUp()
  await plant(2 * HOUR + 7 * DAY, USUAL)
  await plant(2 * HOUR, USUAL)
  for (const ago of [2 * HOUR, 2 * HOUR + DAY]) await plant(ago, { '0.90': 9_000 }, 'live@2.0.0')
  expect(await score()).toMatchObject({ level: 'well', psi: 0, reference: { kind: 'days' } })
})

it('compares with what somebody pinned, and with nothing of before', async () => {
  const { store, plant, score } = setUp()
  await plant(2 * HOUR + 7 * DAY, USUAL)
  await plant(2 * HOUR + 3 * DAY, LOWER)
  await plant(2 * HOUR, LOWER)
  expect(await score()).toMatchObject({ level: 'alarm' })
  const pin = { task: 'liveness', until: NOW - 2 * DAY, reason: 'a new camera', setBy: 'ada' } as const
  await store.pin({ ...pin, from: NOW - 4 * DAY })
  expect(await score()).toMatchObject({ level: 'well', reference: { kind: 'pinned' } })
  await store.pin({ ...pin, from: NOW - 2 * DAY - HOUR })
  expect(await score()).toMatchObject({ level: 'unknown' })
})

it('raises no alarm by a young model that a few have: its days may be of another kind', async () => {
  const { plant, score } = setUp()
  for (const week of [0, 1]) await plant(2 * HOUR + week * 7 * DAY, { '0.50': 2_000, '0.60': 10_000, '0.70': 8_000 })
  await plant(2 * HOUR, LOWER, 'live@2.0.0')
  await plant(2 * HOUR + DAY, USUAL, 'live@2.0.0')
  const found = await score()
  expect(found).toMatchObject({ level: 'watch', reference: { kind: 'weeks' } })
  expect(found?.cuts.find(({ value }) => value === 'live@2.0.0')).toMatchObject({ level: 'watch' })
})

it('raises an alarm by an old model that few still have, though most have a young one', async () => {
  const { plant, score } = setUp()
  await plant(2 * HOUR + 7 * DAY, USUAL)
  await plant(2 * HOUR, LOWER)
  for (const ago of [2 * HOUR, 2 * HOUR + DAY]) await plant(ago, { '0.90': 9_000 }, 'live@2.0.0')
  const found = await score()
  expect(found).toMatchObject({ level: 'alarm', reference: { kind: 'days' } })
  expect(found?.cuts.find(({ value }) => value === 'live@1.0.0')).toMatchObject({ level: 'alarm' })
})

it('lets the process do other things between two tenants, and comes to the same', async () => {
  const { store, plant } = setUp()
  await plant(2 * HOUR + 7 * DAY, USUAL)
  await plant(2 * HOUR, LOWER)
  let turns = 0
  let goesOn = true
  const other = (async () => {
    for (; goesOn; turns += 1) await others()
  })()
  const given = await readDrift(store, NOW, { sliceMs: 0 })
  goesOn = false
  await other
  // Five signals of liveness, each in two windows and three cuts.
  expect(turns).toBeGreaterThan(5 * 2 * 3)
  expect(given).toEqual(await readDrift(store, NOW, { sliceMs: Number.POSITIVE_INFINITY }))
})
