import { Value } from 'typebox/value'
import { expect, it } from 'vitest'
import { Reason } from '../../../../autoscaler/routes/reason.ts'

const takes = (reason: string): boolean => Value.Check(Reason, reason)

it('is a word or more, in any script', () => {
  for (const reason of ['x', ' a fan is replaced', 'Lüfter, 30 %', '電源', '💥'])
    expect([reason, takes(reason)]).toEqual([reason, true])
})

it('is no blank, and nothing that a terminal obeys or that turns text around', () => {
  const wrong = [
    '',
    ' ',
    '   ',
    '\u00a0',
    'a\nb',
    'a\u001b[31m',
    'a\u0000',
    'a\u202eb',
    '\u2066a',
    'a\u200f',
    'x'.repeat(301),
  ]
  for (const reason of wrong) expect([reason, takes(reason)]).toEqual([reason, false])
})
