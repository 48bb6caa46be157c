import { expect, it } from 'vitest'
import type { Dispatcher, Offer } from '../../infra/ports/dispatcher.ts'
import type { Publish } from '../../infra/ports/job-queue.ts'
import { aCapacity, anOffer } from '../fixtures/offers.ts'

/** A dispatcher that remembers nothing yet, and the clock it goes by. */
export interface DispatcherBench {
  readonly dispatcher: Dispatcher
  /** let time pass */
  pass(ms: number): void
}

const idsOf = (publishes: readonly Publish[]): readonly string[] => publishes.map(({ message }) => message.id)
const idOf = ({ message }: Offer): string => message.id

/** Let dispatched jobs end one by one, `count` times, and tell whose turn each was. */
const work = async (
  dispatcher: Dispatcher,
  out: readonly string[],
  count: number,
): Promise<readonly Offer['message'][]> => {
  const inHand = [...out]
  const turns: Offer['message'][] = []
  for (let ended = 0; ended < count; ended += 1) {
    const jobId = inHand.shift()
    if (jobId === undefined) break
    const next = await dispatcher.ended([{ jobId, served: true }])
    turns.push(...next.map(({ message }) => message))
    inHand.push(...idsOf(next))
  }
  return turns
}

/** @param start a pool with a window of five, of which three are for bulk jobs */
export const describeDispatchOrder = (start: () => Promise<DispatcherBench>): void => {
  const flood = async (dispatcher: Dispatcher, count: number, overrides: Parameters<typeof anOffer>[0] = {}) =>
    idsOf(await dispatcher.dispatch(Array.from({ length: count }, () => anOffer(overrides))))

  it('dispatches at once while the window has room, with everything the message carries', async () => {
    const { dispatcher } = await start()
    const offer = anOffer({ replyTo: 'muster.reply.me', traceparent: '00-1' })
    const { message, pool, replyTo } = offer
    expect(await dispatcher.dispatch([offer])).toEqual([{ message, pool, replyTo }])
  })

  it('holds the rest, and answers one for each that ends, oldest first', async () => {
    const { dispatcher } = await start()
    const offers = Array.from({ length: 8 }, (_, index) => anOffer({ replyTo: `muster.reply.${index}` }))
    const out = idsOf(await dispatcher.dispatch(offers))
    expect(out).toEqual(offers.slice(0, 5).map(idOf))
    expect(await dispatcher.load('pool')).toMatchObject({ windowCount: 5, dispatchedCount: 5, heldCount: 3 })
    const next = await dispatcher.ended([{ jobId: out[0] ?? '', served: true }])
    expect(next).toEqual([{ message: offers[5]?.message, pool: 'pool', replyTo: 'muster.reply.5' }])
    const rest = await dispatcher.ended(out.slice(1).map((jobId) => ({ jobId, served: true })))
    expect(idsOf(rest)).toEqual(offers.slice(6).map(idOf))
  })

  it('starts the one job of a tenant next, however many another has waiting', async () => {
    const { dispatcher } = await start()
    const out = await flood(dispatcher, 1_000, { tenant: 'flood' })
    expect(await dispatcher.dispatch([anOffer({ tenant: 'quiet' })])).toEqual([])
    const turns = await work(dispatcher, out, 3)
    expect(turns.map(({ tenant }) => tenant)).toContain('quiet')
  })

  it('shares a busy pool by weight', async () => {
    const { dispatcher } = await start()
    const out = await flood(dispatcher, 200, { tenant: 'three', weight: 3 })
    await flood(dispatcher, 200, { tenant: 'one' })
    const turns = await work(dispatcher, out, 80)
    const share = turns.filter(({ tenant }) => tenant === 'three').length
    expect(share).toBeGreaterThanOrEqual(59)
    expect(share).toBeLessThanOrEqual(61)
  })

  it('gives nobody credit for the time he was away', async () => {
    const { dispatcher } = await start()
    const out = await flood(dispatcher, 300, { tenant: 'steady' })
    const turns = await work(dispatcher, out, 100)
    await flood(dispatcher, 100, { tenant: 'back' })
    const after = await work(
      dispatcher,
      turns.slice(-5).map(({ id }) => id),
      20,
    )
    expect(after.filter(({ tenant }) => tenant === 'back').length).toBeLessThanOrEqual(11)
  })

  it('starts interactive jobs before bulk jobs, and a bulk job in ten all the same', async () => {
    const { dispatcher } = await start()
    const out = await flood(dispatcher, 200)
    await flood(dispatcher, 200, { lane: 'bulk' })
    const turns = await work(dispatcher, out, 100)
    const bulk = turns.filter(({ lane }) => lane === 'bulk').length
    expect(bulk).toBeGreaterThanOrEqual(9)
    expect(bulk).toBeLessThanOrEqual(11)
  })

  it('leaves room for interactive jobs while bulk jobs are alone', async () => {
    const { dispatcher } = await start()
    expect(await flood(dispatcher, 20, { lane: 'bulk' })).toHaveLength(3)
    const offers = [anOffer(), anOffer(), anOffer()]
    expect(idsOf(await dispatcher.dispatch(offers))).toEqual(offers.slice(0, 2).map(idOf))
  })

  it('never dispatches a held job whose deadline has passed', async () => {
    const { dispatcher, pass } = await start()
    const out = await flood(dispatcher, 5)
    await flood(dispatcher, 3, { remainingMs: 1_000 })
    const last = anOffer({ remainingMs: 20_000 })
    await dispatcher.dispatch([last])
    pass(1_001)
    expect(idsOf(await dispatcher.ended(out.map((jobId) => ({ jobId, served: true }))))).toEqual([idOf(last)])
  })

  it('takes a held job that ended out of the line', async () => {
    const { dispatcher } = await start()
    const out = await flood(dispatcher, 5)
    const [canceled, next] = [anOffer(), anOffer()]
    await dispatcher.dispatch([canceled, next])
    expect(await dispatcher.ended([{ jobId: idOf(canceled), served: false }])).toEqual([])
    expect((await work(dispatcher, out, 1)).map(({ id }) => id)).toEqual([idOf(next)])
  })

  it('keeps the turn of a held job that is offered again, and answers a dispatched one again', async () => {
    const { dispatcher } = await start()
    const offers = Array.from({ length: 7 }, () => anOffer())
    await dispatcher.dispatch(offers)
    const again = await dispatcher.dispatch([offers[6], offers[5], offers[0]] as Offer[])
    expect(idsOf(again)).toEqual([idOf(offers[0] as Offer)])
    expect(await dispatcher.load('pool')).toMatchObject({ dispatchedCount: 5, heldCount: 2 })
    expect(idsOf(await dispatcher.ended([{ jobId: idOf(offers[0] as Offer), served: true }]))).toEqual([
      idOf(offers[5] as Offer),
    ])
  })

  it('fills the window when a worker comes, and shrinks it when he goes', async () => {
    const { dispatcher, pass } = await start()
    await flood(dispatcher, 50)
    expect(await dispatcher.announce(aCapacity({ workerId: 'w2', slots: 8, ratePerSecond: 10 }))).toHaveLength(8)
    expect(await dispatcher.load('pool')).toMatchObject({ windowCount: 13, ratePerSecond: 20 })
    await dispatcher.announce(aCapacity({ workerId: 'w2', slots: 0 }))
    expect(await dispatcher.load('pool')).toMatchObject({ windowCount: 5, ratePerSecond: 10 })
    pass(8_001)
    expect(await dispatcher.load('pool')).toMatchObject({ windowCount: 16, ratePerSecond: 0 })
  })

  it('frees the slot of a job whose end was never told, unless its worker names it', async () => {
    const { dispatcher, pass } = await start()
    const out = await flood(dispatcher, 6, { remainingMs: 3_600_000 })
    pass(9_000)
    await dispatcher.announce(aCapacity({ jobIds: out.slice(0, 3) }))
    pass(1_001)
    expect(await dispatcher.announce(aCapacity())).toHaveLength(1)
    expect(await dispatcher.load('pool')).toMatchObject({ dispatchedCount: 4, heldCount: 0 })
  })

  it('names a job for doubt when nothing was heard of it for a minute, once a minute', async () => {
    const { dispatcher, pass } = await start()
    const out = await flood(dispatcher, 3, { remainingMs: 3_600_000 })
    expect(await dispatcher.doubtful(10)).toEqual([])
    await dispatcher.ended([{ jobId: out[0] ?? '', served: true }])
    pass(60_001)
    expect((await dispatcher.doubtful(10)).toSorted()).toEqual(out.slice(1).toSorted())
    expect(await dispatcher.doubtful(10)).toEqual([])
  })

  it('goes by the rate it sees while work is waiting', async () => {
    const { dispatcher, pass } = await start()
    let inHand = await flood(dispatcher, 400)
    for (let step = 0; step < 60; step += 1) {
      const ended = inHand.map((jobId) => ({ jobId, served: true }))
      pass(100)
      inHand = idsOf(await dispatcher.ended(ended))
      if (step % 20 === 0) await dispatcher.announce(aCapacity())
    }
    const { ratePerSecond } = await dispatcher.load('pool')
    expect(ratePerSecond).toBeGreaterThan(45)
    expect(ratePerSecond).toBeLessThan(75)
  })

  it('does not take jobs for work done that no model has seen', async () => {
    const { dispatcher, pass } = await start()
    let inHand = await flood(dispatcher, 400)
    for (let step = 0; step < 30; step += 1) {
      pass(100)
      inHand = idsOf(await dispatcher.ended(inHand.map((jobId) => ({ jobId, served: false }))))
    }
    expect((await dispatcher.load('pool')).ratePerSecond).toBeLessThan(1)
  })

  it('keeps pools apart', async () => {
    const { dispatcher } = await start()
    await flood(dispatcher, 10)
    expect(await flood(dispatcher, 1, { pool: 'other' })).toHaveLength(1)
  })
}
