import { expect, it } from 'vitest'
import { press } from '../../../../scripts/top/keys.ts'

const [UP, DOWN, RIGHT, LEFT, BACK_TAB, ESC] = ['\u001b[A', '\u001b[B', '\u001b[C', '\u001b[D', '\u001b[Z', '\u001b']
const at = (chosen: number, open = false) => ({ chosen, open })

it.each([
  [DOWN, at(1), at(2)],
  ['\t', at(2), at(0)],
  ['\u001bOB', at(0), at(1)],
  [UP, at(0), at(2)],
  [BACK_TAB, at(1), at(0)],
  ['\r', at(1), at(1, true)],
  ['\r', at(1, true), at(1)],
  [RIGHT, at(1), at(1, true)],
  [LEFT, at(1, true), at(1)],
  [ESC, at(1, true), at(1)],
  [`${DOWN}${DOWN}\r`, at(0), at(2, true)],
  ['x\u001b[5~é', at(1), at(1)],
])('%j moves %j to %j', (bytes, before, after) => {
  expect(press(bytes, before, 3)).toEqual(after)
})

it.each(['q', 'Q', '\u0003', '\u0004', `${DOWN}q`])('%j ends it', (bytes) => {
  expect(press(bytes, at(0), 3)).toBe('quit')
})

it('Ctrl-Z stops it', () => {
  expect(press('\u001a', at(0), 3)).toBe('suspend')
})

it('nothing is chosen where there is no pool', () => {
  expect(press(DOWN, at(0), 0)).toEqual(at(0))
})
