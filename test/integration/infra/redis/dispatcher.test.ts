import { afterAll, expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { openDispatcher } from '../../../../infra/redis/dispatcher.ts'
import { describeDispatcher } from '../../../contract/dispatcher.ts'
import { anAdmitRequest } from '../../../fixtures/offers.ts'
import { silence } from '../../../fixtures/silence.ts'

const ends: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of ends) await end()
})

const open = async (now?: () => number, prefix = `test:{${crypto.randomUUID()}}:`) => {
  const common = { url: process.env.REDIS_URL as string, log: silence().log, timeoutMs: 10_000 }
  const options = { ...common, prefix, ...(now && { now }) }
  const dispatcher = openDispatcher(options, 500)
  ends.push(dispatcher.close)
  await vi.waitFor(() => expect(dispatcher.healthy()).toBe(true), { timeout: 10_000 })
  return dispatcher
}

describeDispatcher('Redis', async () => {
  // Keys expire by the server's own clock, so the one that is passed begins where that stands.
  let now = Date.now()
  return {
    dispatcher: await open(() => now),
    pass: (ms) => {
      now += ms
    },
  }
})

it('is exact over two replicas that ask at once', async () => {
  const prefix = `test:{${crypto.randomUUID()}}:`
  const replicas = [await open(undefined, prefix), await open(undefined, prefix)]
  const ask = (index: number) => replicas[index % 2]?.admit(anAdmitRequest({ settings: { maxInFlightCount: 50 } }))
  const asked = await Promise.all(Array.from({ length: 200 }, (_, index) => ask(index)))
  expect(asked.filter((one) => one?.kind === 'accept')).toHaveLength(50)
})

it('says at once that no server answers', async () => {
  const dispatcher = openDispatcher({ url: 'redis://127.0.0.1:9', log: silence().log })
  ends.push(dispatcher.close)
  await expect(dispatcher.admit(anAdmitRequest())).rejects.toBeInstanceOf(UnavailableError)
  expect(dispatcher.healthy()).toBe(false)
})
