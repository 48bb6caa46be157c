import { describe, expect, it } from 'vitest'
import { checkDigit } from '../../../../../../worker/tasks/ocr/mrz/check-digit.ts'

describe('check digits', () => {
  it.each([
    ['520727', '3'],
    ['AB2134<<<', '5'],
    ['HA672242<658022549601086<<<<<<<<<<<<<<0', '8'],
    ['D231458907<<<<<<<<<<<<<<<34071279507122<<<<<<<<<<', '2'],
    ['L898902C3', '6'],
    ['ZE184226B<<<<<', '1'],
  ])("of the standard's example %s is %s", (field, digit) => {
    expect(checkDigit(field)).toBe(digit)
  })

  it('of nothing but fillers is 0', () => {
    expect(checkDigit('<<<<<<')).toBe('0')
    expect(checkDigit('')).toBe('0')
  })

  it('changes with every single wrong digit', () => {
    for (const position of [0, 1, 2, 3, 4, 5])
      for (const digit of '0123456789') {
        const wrong = `740812`.slice(0, position) + digit + '740812'.slice(position + 1)
        if (wrong !== '740812') expect(checkDigit(wrong)).not.toBe('2')
      }
  })
})
