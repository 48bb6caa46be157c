import { describe, expect, it } from 'vitest'
import { createDriftWatch } from '../../../../autoscaler/drift/watch-drift.ts'
import type { Notice } from '../../../../infra/ports/notifier.ts'
import { createMemoryDriftStore } from '../../../fakes/drift-store.ts'
import { sharesOf } from '../../../fixtures/drift.ts'
import { silence } from '../../../fixtures/silence.ts'

const HOUR = 3_600_000
const WEEK = 168 * HOUR
const START = Date.parse('2026-11-16T10:00:00Z')
const USUAL = { '0.50': 200, '0.60': 1_000, '0.70': 800 }
const LOWER = { '0.40': 200, '0.50': 1_000, '0.60': 800 }

type Table = readonly (readonly [readonly string[], number])[]

/** A leader's watch, and traffic that a test lets pass. */
const setUp = async () => {
  let now = START
  let leads: () => boolean = () => true
  let number = 0
  const store = createMemoryDriftStore(() => now)
  const notices: Notice[] = []
  let psi: () => Table = () => []
  let alarms: () => ReadonlyMap<string, number> = () => new Map()
  const metrics = {
    gaugeTable: (_name: string, _help: string, _labels: readonly string[], read: () => Table) => {
      psi = read
    },
    gauges: (_name: string, _help: string, _label: string, read: typeof alarms) => {
      alarms = read
    },
  }
  const deps = { drift: store, notifier: { tell: (notice: Notice) => void notices.push(notice) }, metrics }
  const look = createDriftWatch(
    { ...deps, clock: { now: () => now }, log: silence().log },
    { poolOf: (task) => (task === 'ocr' ? undefined : `${task}-pool`), leads: () => leads() },
  )
  const pass = async (scores: typeof USUAL | typeof LOWER, hours = 1, tenant = 'acme') => {
    for (let hour = 0; hour < hours; hour += 1) {
      number += 1
      await store.tell({ source: 'w', number, shares: sharesOf(scores, { tenant }) })
      now += HOUR
    }
  }
  await pass(USUAL)
  now = START + WEEK
  return {
    ...{ store, notices, look, pass, psi: () => psi(), alarms: () => alarms() },
    skip(ms: number): void {
      now += ms
    },
    follow(): void {
      leads = () => false
    },
    /** It leads no more once it was asked so often whether it does. */
    followAfter(looks: number): void {
      let left = looks
      leads = () => left-- > 0
    },
  }
}

describe('the watch', () => {
  it('says nothing of what is as it was, and shows it', async () => {
    const { notices, look, pass, psi, alarms, store } = await setUp()
    await pass(USUAL)
    await look()
    expect(notices).toEqual([])
    expect(psi()).toEqual([
      [['liveness', 'outcome'], 0],
      [['liveness', 'score'], 0],
    ])
    expect([...alarms()]).toEqual([
      ['face-match', 0],
      ['liveness', 0],
      ['ocr', 0],
    ])
    expect((await store.latest())?.evaluatedAt).toBe(START + WEEK + HOUR)
  })

  it('tells once of what has moved, with the tenant it comes from, and shows it without', async () => {
    const { notices, look, pass, psi, alarms } = await setUp()
    await pass(LOWER)
    await look()
    await look()
    expect(notices).toHaveLength(1)
    expect(notices[0]).toMatchObject({ kind: 'alert', pool: 'liveness-pool', key: 'drift:liveness', actions: [] })
    expect(notices[0]?.lines[0]).toContain('score')
    expect(notices[0]?.lines[1]).toContain('index')
    expect(alarms().get('liveness')).toBe(1)
    expect(psi().find(([[, signal]]) => signal === 'score')?.[1]).toBeGreaterThan(0.25)
    expect(JSON.stringify(psi())).not.toContain('acme')
  })

  it('tells when it is over', async () => {
    const { notices, look, pass, skip } = await setUp()
    await pass(LOWER)
    await look()
    skip(48 * HOUR)
    await look()
    await look()
    expect(notices.map(({ kind }) => kind)).toEqual(['alert', 'recovered'])
  })

  it('is that of the leader only', async () => {
    const { notices, look, pass, psi, alarms, follow, store } = await setUp()
    follow()
    await pass(LOWER)
    await look()
    expect([notices, psi(), [...alarms()], await store.latest()]).toEqual([[], [], [], undefined])
  })

  it('ends where another process leads meanwhile: half of what was seen is told to nobody', async () => {
    const { notices, look, pass, followAfter, store } = await setUp()
    await pass(LOWER)
    followAfter(20)
    await look()
    expect([notices, await store.latest()]).toEqual([[], undefined])
  })
})
