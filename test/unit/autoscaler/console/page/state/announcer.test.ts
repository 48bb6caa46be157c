import { expect, it } from 'vitest'
import { createAnnouncer } from '../../../../../../autoscaler/console/page/state/announcer.ts'

const start = () => {
  const said: string[] = []
  const waiting: (() => void)[] = []
  const announcer = createAnnouncer(
    (text) => said.push(text),
    (work) => waiting.push(work),
  )
  return { announcer, said, pass: () => waiting.shift()?.() }
}

it('says the first thing at once, and what comes meanwhile together', () => {
  const { announcer, said, pass } = start()
  for (const text of ['a', 'b', 'c']) announcer.say(text)
  expect(said).toEqual(['a'])
  pass()
  expect(said).toEqual(['a', 'b. c'])
  pass()
  announcer.say('d')
  expect(said.at(-1)).toBe('d')
})

it('does not read out a flood, nor the same thing twice', () => {
  const { announcer, said, pass } = start()
  for (const text of ['first', 'x', 'x', 'a', 'b', 'c', 'd']) announcer.say(text)
  pass()
  expect(said).toEqual(['first', 'b. c. d. and 2 more'])
})
