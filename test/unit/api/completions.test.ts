import { expect, it } from 'vitest'
import { createCompletions, type Waiter, type WakeUp } from '../../../api/completions.ts'

const heardBy = (waiter: Waiter): WakeUp[] => {
  const heard: WakeUp[] = []
  waiter.next((wakeUp) => heard.push(wakeUp))
  return heard
}

it('wakes everybody who waits for a job, and nobody else', () => {
  const completions = createCompletions()
  const [one, two, other] = [completions.wait('a'), completions.wait('a'), completions.wait('b')].map(heardBy)
  completions.deliver({ id: 'a', state: 'succeeded' })
  expect([one, two, other]).toEqual([['completed'], ['completed'], []])
})

it('keeps a wake-up for a waiter that is not listening at that moment', () => {
  const completions = createCompletions()
  const waiter = completions.wait('a')
  completions.deliver({ id: 'a', state: 'succeeded' })
  expect(heardBy(waiter)).toEqual(['completed'])
  expect(heardBy(waiter)).toEqual([])
})

it('counts its waiters, each once, until they leave', () => {
  const completions = createCompletions()
  const [one, two] = [completions.wait('a'), completions.wait('a')]
  expect(completions.waiterCount()).toBe(2)
  one.leave()
  one.leave()
  expect(completions.waiterCount()).toBe(1)
  two.leave()
  expect(completions.waiterCount()).toBe(0)
})

it('does not wake who has left', () => {
  const completions = createCompletions()
  const waiter = completions.wait('a')
  const heard = heardBy(waiter)
  waiter.leave()
  completions.deliver({ id: 'a', state: 'succeeded' })
  expect(heard).toEqual([])
})

it('releases everybody who waits, and at once everybody who comes later', () => {
  const completions = createCompletions()
  const before = heardBy(completions.wait('a'))
  completions.release()
  const later = completions.wait('b')
  expect([before, heardBy(later), heardBy(later)]).toEqual([['released'], ['released'], ['released']])
})

it('tells listeners of every completion, waited for or not', () => {
  const completions = createCompletions()
  const heard: string[] = []
  completions.onDelivery(({ id }) => heard.push(id))
  completions.wait('a')
  completions.deliver({ id: 'a', state: 'failed' })
  completions.deliver({ id: 'b', state: 'failed' })
  expect(heard).toEqual(['a', 'b'])
})
