import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CommandInvalidError, parseCommand } from '../../../autoscaler/command.ts'
import { activeOverride, needsSecond } from '../../../autoscaler/override.ts'
import type { Override } from '../../../infra/domain/scaling.ts'

const HOUR = 3_600_000

describe('parseCommand', () => {
  it.each([
    [
      'pin checks 50 for 3h because the campaign starts',
      { kind: 'pin', pool: 'checks', count: 50, durationMs: 3 * HOUR, reason: 'the campaign starts' },
    ],
    [
      'floor ocr 4 because of Monday, because of rain',
      { kind: 'floor', pool: 'ocr', count: 4, durationMs: 2 * HOUR, reason: 'of Monday, because of rain' },
    ],
    [
      '  HOLD   checks  for 90m because  looking into it ',
      { kind: 'hold', pool: 'checks', count: null, durationMs: 1.5 * HOUR, reason: 'looking into it' },
    ],
    [
      'no-scale-in checks because release',
      { kind: 'no-scale-in', pool: 'checks', count: null, durationMs: 2 * HOUR, reason: 'release' },
    ],
    ['release checks', { kind: 'release', pool: 'checks', reason: '' }],
    ['Confirm 17', { kind: 'confirm', id: '17' }],
    [
      'hold checks because a\u0007 b\u202e\n c',
      { kind: 'hold', pool: 'checks', count: null, durationMs: 2 * HOUR, reason: 'a b c' },
    ],
  ])('reads %s', (text, command) => {
    expect(parseCommand(text)).toEqual(command)
  })

  it.each([
    ['', /not a command/],
    ['delete checks', /not a command/],
    ['pin', /name the pool/],
    ['pin Checks! 5 because x', /name the pool/],
    ['pin checks because x', /whole number/],
    ['pin checks -5 because x', /whole number/],
    ['pin checks 5e3 because x', /whole number/],
    ['pin checks 5 for ever because x', /duration/],
    ['pin checks 5 for 0h because x', /duration/],
    ['pin checks 5 now because x', /too many/],
    ['pin checks 5', /reason/],
    ['release checks now', /too many/],
    ['confirm', /by its id/],
    ['confirm x', /by its id/],
    ['confirm 1 2', /too many/],
    ['confirm 1 because x', /too many/],
    [`hold checks because ${'x'.repeat(301)}`, /300/],
  ])('refuses %j and says what it takes', (text, problem) => {
    expect(() => parseCommand(text)).toThrow(CommandInvalidError)
    expect(() => parseCommand(text)).toThrow(problem)
  })

  it('answers or refuses, whatever is said', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseCommand(text)
        } catch (error) {
          expect(error).toBeInstanceOf(CommandInvalidError)
        }
      }),
    )
  })
})

const anOverride = (changes: Partial<Override>): Override => ({
  ...{ id: 'a', pool: 'checks', kind: 'pin', count: 1, actor: 'ada', reason: 'r', createdAt: 0, expiresAt: 100 },
  ...changes,
})

describe('activeOverride', () => {
  it('is the newest of the pool that has not expired', () => {
    const overrides = [
      anOverride({ id: 'old' }),
      anOverride({ id: 'new', createdAt: 10, expiresAt: 20 }),
      anOverride({ id: 'other', pool: 'ocr', createdAt: 15 }),
      anOverride({ id: 'future', createdAt: 50 }),
    ]
    expect(activeOverride(overrides, 'checks', 12)?.id).toBe('new')
    expect(activeOverride(overrides, 'checks', 20)?.id).toBe('old')
    expect(activeOverride(overrides, 'checks', 60)?.id).toBe('future')
    expect(activeOverride(overrides, 'checks', 100)).toBeUndefined()
  })
})

it('asks for a second person beyond a day', () => {
  expect([needsSecond(24 * HOUR), needsSecond(24 * HOUR + 1)]).toEqual([false, true])
})
