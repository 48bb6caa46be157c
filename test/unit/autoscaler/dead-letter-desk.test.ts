import { expect, it } from 'vitest'
import { createDeadLetterDesk } from '../../../autoscaler/dead-letter-desk.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import type { DeadLetter, DeadLetters } from '../../../infra/ports/dead-letters.ts'
import { createMemoryDeadLetters } from '../../fakes/dead-letters.ts'
import { aDeadLetter } from '../../fixtures/dead-letters.ts'

const BY = { actor: 'k', channel: 'api' } as const

/** A desk over a queue that counts how often it is looked at, and whether two ever do so at once. */
const start = (letters: DeadLetter[] = [aDeadLetter('a'), aDeadLetter('b')]) => {
  const memory = createMemoryDeadLetters(letters)
  const seen = { looks: 0, atOnce: 0, most: 0 }
  const alone =
    <A extends unknown[], T>(work: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      seen.atOnce += 1
      seen.most = Math.max(seen.most, seen.atOnce)
      await new Promise((resolve) => setImmediate(resolve))
      return work(...args).finally(() => {
        seen.atOnce -= 1
      })
    }
  let now = 0
  const deadLetters: Pick<DeadLetters, 'count' | 'list'> = {
    count: alone(memory.count),
    list: alone(async (limit) => {
      seen.looks += 1
      return memory.list(limit)
    }),
  }
  const manage = {
    redrive: alone(async (_by: unknown, { ids }: { readonly ids?: readonly string[] }) => {
      const met = memory.letters.filter(({ id }) => ids?.includes(id) ?? true)
      await memory.settle(9, async (letter) => (met.includes(letter) ? 'remove' : 'keep'))
      return met.map((letter) => ({ letter, outcome: 'reopened' as const }))
    }),
  }
  const desk = createDeadLetterDesk({ deadLetters, manage, clock: { monotonic: () => now } })
  const pass = (ms: number) => {
    now += ms
  }
  return { desk, seen, pass, letters }
}

it('looks once for everybody who asks within some seconds', async () => {
  const { desk, seen, pass } = start()
  const pages = await Promise.all([desk.list(), desk.list(), desk.list()])
  expect(pages.map(({ count, letters }) => [count, letters.length])).toEqual([
    [2, 2],
    [2, 2],
    [2, 2],
  ])
  pass(4_000)
  await desk.list()
  expect(seen.looks).toBe(1)
  pass(2_000)
  await desk.list()
  expect(seen.looks).toBe(2)
})

it('never has two at the queue at once', async () => {
  const { desk, seen } = start()
  await Promise.all([desk.count(), desk.list(), desk.redrive(BY, ['a']), desk.count(), desk.redrive(BY, 'all')])
  expect(seen.most).toBe(1)
})

it('tells what was not there and what is left, and forgets what it had seen', async () => {
  const { desk } = start()
  await desk.list()
  const { redriven, notThere, leftCount } = await desk.redrive(BY, ['a', 'gone', 'gone'])
  expect([redriven.map(({ letter }) => letter.id), notThere, leftCount]).toEqual([['a'], ['gone'], 1])
  expect((await desk.list()).letters.map(({ id }) => id)).toEqual(['b'])
})

it('takes nothing out where there is nothing', async () => {
  const { desk, seen } = start([])
  expect(await desk.list()).toEqual({ count: 0, letters: [] })
  expect(seen.looks).toBe(0)
})

it('asks again at once after the broker was away', async () => {
  let away = true
  const { letters } = start()
  const memory = createMemoryDeadLetters(letters)
  const count = async () => {
    if (away) throw new UnavailableError('rabbitmq', new Error('gone'))
    return memory.count()
  }
  const manage = { redrive: async () => [] }
  const desk = createDeadLetterDesk({ deadLetters: { ...memory, count }, manage, clock: { monotonic: () => 0 } })
  await expect(desk.list()).rejects.toThrow(UnavailableError)
  away = false
  expect((await desk.list()).count).toBe(2)
})
