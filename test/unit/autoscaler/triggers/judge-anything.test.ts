import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wantedBy } from '../../../../autoscaler/triggers/judge.ts'
import type { TriggerAnswer } from '../../../../autoscaler/triggers/trigger-look.ts'
import type { Trigger } from '../../../../infra/domain/trigger.ts'
import { aTrigger, followTrigger, LOOK_MS, noData, said, saidInPart } from '../../../fixtures/triggers.ts'

const asks = (trigger: Trigger, answers: readonly TriggerAnswer[]) =>
  followTrigger(trigger, answers).map((one) => one.asks)

describe('a trigger, whatever its query says', () => {
  const answer = fc.oneof(
    { weight: 3, arbitrary: fc.double({ min: 0, max: 2_000, noNaN: true }).map((value) => said(value)) },
    { weight: 1, arbitrary: fc.constant(noData) },
  )
  const span = fc.integer({ min: 0, max: 20 }).map((looks) => looks * 15_000)
  const triggers = fc.record({ forMs: span, keepForMs: span, staleAfterMs: fc.constantFrom(1_000, 60_000, 300_000) })

  it('asks for no less while it is unknown than before', () => {
    fc.assert(
      fc.property(triggers, fc.array(answer, { minLength: 2, maxLength: 60 }), (times, answers) => {
        const readings = followTrigger(aTrigger(times), answers)
        for (const [index, { state, asks: count }] of readings.entries())
          if (state === 'unknown' && index > 0) expect(count).toBe(readings[index - 1]?.asks)
      }),
    )
  })

  it('asks for no fewer nodes when something is known than when nothing is', () => {
    const inPart = fc.double({ min: 0, max: 2_000, noNaN: true }).map((value) => saidInPart(value))
    fc.assert(
      fc.property(triggers, fc.array(fc.oneof(answer, inPart), { maxLength: 60 }), (times, answers) => {
        const whole = answers.map((one) => (one.kind === 'value' && one.warnings.length > 0 ? noData : one))
        const [less, more] = [followTrigger(aTrigger(times), whole), followTrigger(aTrigger(times), answers)]
        for (const [index, one] of less.entries()) {
          expect(more[index]?.asks).toBeGreaterThanOrEqual(one.asks)
          expect(more[index]?.unknownSince).toBe(one.unknownSince)
        }
      }),
    )
  })

  it('asks for no fewer nodes when all values are higher', () => {
    fc.assert(
      fc.property(
        triggers,
        fc.array(answer, { maxLength: 60 }),
        fc.double({ min: 1, max: 5, noNaN: true }),
        (times, answers, factor) => {
          const higher = answers.map((one) => (one.kind === 'value' ? said(one.value * factor) : one))
          const [less, more] = [asks(aTrigger(times), answers), asks(aTrigger(times), higher)]
          for (const [index, count] of less.entries()) expect(more[index]).toBeGreaterThanOrEqual(count)
        },
      ),
    )
  })

  it('asks for what some value of the last while wanted, never for more', () => {
    fc.assert(
      fc.property(triggers, fc.array(answer, { maxLength: 60 }), (times, answers) => {
        const trigger = aTrigger(times)
        let most = 0
        for (const [index, count] of asks(trigger, answers).entries()) {
          const one = answers[index]
          if (one?.kind === 'value') most = Math.max(most, wantedBy(one.value, trigger))
          expect(count).toBeLessThanOrEqual(most)
        }
      }),
    )
  })

  it('reckons the least of the wait and the most of the keeping, as one does by hand', () => {
    const values = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 }), (counts, wait, keep) => {
        const trigger = aTrigger({ targetPerNode: 1, forMs: wait * LOOK_MS, keepForMs: keep * LOOK_MS })
        const held = counts.map((_, now) =>
          Math.min(...counts.slice(Math.max(0, now - wait), now + 1), now < wait ? 0 : 9),
        )
        const kept = held.map((_, now) =>
          Math.max(...held.slice(keep === 0 ? now : Math.max(0, now - keep + 1), now + 1)),
        )
        expect(
          asks(
            trigger,
            counts.map((value) => said(value)),
          ),
        ).toEqual(kept)
      }),
    )
  })
})
