import fc from 'fast-check'
import { expect, it } from 'vitest'
import { OVERRIDE_KINDS } from '../../../../../../autoscaler/console/page/state/override-kinds.ts'
import type { Override } from '../../../../../../autoscaler/console/page/state/resources.ts'
import {
  countInWords,
  effectLines,
  type Situation,
} from '../../../../../../autoscaler/console/page/words/override-effect.ts'
import { effectInWords } from '../../../../../../autoscaler/override-words.ts'
import { OVERRIDE_KINDS as ALL_KINDS } from '../../../../../../infra/domain/scaling.ts'

const HOUR_MS = 3_600_000
/** noon where the reader is: the page speaks in his own zone */
const NOW = new Date(2026, 10, 21, 12).getTime()

const aSituation = (overrides: Partial<Situation> = {}): Situation => ({
  ...{ present: 8, bounds: { min: 2, max: 20 }, others: [], now: NOW },
  ...overrides,
})
const held = (expiresInMs: number, reason: string): Override => ({
  ...{ id: reason, pool: 'checks', kind: 'floor', count: 12, actor: 'ada', reason, state: 'holds' },
  ...{ confirmedBy: null, releasedAt: null, releasedBy: null },
  createdAt: new Date(NOW).toISOString(),
  expiresAt: new Date(NOW + expiresInMs).toISOString(),
})

it('offers every kind there is', () => {
  expect([...OVERRIDE_KINDS].sort()).toEqual([...ALL_KINDS].sort())
})

it('says before what the autoscaler will say after', () => {
  const nodes = fc.nat(60)
  const counts = fc.option(nodes, { nil: undefined })
  fc.assert(
    fc.property(fc.constantFrom(...OVERRIDE_KINDS), nodes, counts, nodes, nodes, (kind, count, present, a, b) => {
      const bounds = { min: Math.min(a, b), max: Math.max(a, b) }
      const said = kind === 'hold' || kind === 'no-scale-in' ? null : count
      expect(countInWords({ kind, count: said }, aSituation({ present, bounds }))).toBe(
        effectInWords(kind, said, present, bounds),
      )
    }),
  )
})

it('says from and to, when it ends, and what follows', () => {
  const lines = effectLines({ kind: 'pin', count: 5, durationMs: 2 * HOUR_MS }, aSituation())
  expect(lines[0]).toBe('The count goes from 8 to 5, from the next look on.')
  expect(lines[1]).toBe('It ends by itself at 14:00; then schedule and forecast decide again.')
})

it('says the day too where it ends on another', () => {
  const lines = effectLines({ kind: 'pin', count: 5, durationMs: 13 * HOUR_MS }, aSituation())
  expect(lines[1]).toBe('It ends by itself on 22 Nov at 01:00; then schedule and forecast decide again.')
})

it('says what it replaces, and what holds again after it', () => {
  const others = [held(HOUR_MS, 'short'), held(9 * HOUR_MS, 'long')]
  const lines = effectLines({ kind: 'pin', count: 5, durationMs: 2 * HOUR_MS }, aSituation({ others }))
  expect(lines.join(' ')).toMatch(
    /It replaces floor 12 by ada until .*: short\. Afterwards floor 12 by ada .*: long holds again/,
  )
  expect(lines.join(' ')).not.toContain('forecast decide again')
})

it('says that more than a day takes somebody else, and more than the pool may have is refused', () => {
  expect(effectLines({ kind: 'pin', count: 5, durationMs: 25 * HOUR_MS }, aSituation())[0]).toMatch(/second person/)
  expect(effectLines({ kind: 'pin', count: 5, durationMs: 24 * HOUR_MS }, aSituation())[0]).not.toMatch(/second/)
  expect(effectLines({ kind: 'pin', count: 21, durationMs: HOUR_MS }, aSituation())).toEqual([
    'It will be refused: the pool may have 20 nodes at most.',
  ])
})
