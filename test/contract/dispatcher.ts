import { describe, expect, it } from 'vitest'
import { aCapacity, anAdmitRequest, anOffer } from '../fixtures/offers.ts'
import { type DispatcherBench, describeDispatchOrder } from './dispatch-order.ts'

/** What every Dispatcher promises. `open` answers a fresh one each time, which takes at most 500 waiting jobs a lane. */
export const describeDispatcher = (adapter: string, open: () => Promise<DispatcherBench>): void => {
  describe(`Dispatcher on ${adapter}`, () => {
    /** A pool whose worker holds four jobs at 10 jobs a second: a window of five, with the one on its way. */
    const start = async () => {
      const bench = await open()
      await bench.dispatcher.announce(aCapacity())
      return bench
    }

    describe('admission', () => {
      it('takes jobs while no worker is known, and predicts nothing', async () => {
        const { dispatcher } = await open()
        expect(await dispatcher.admit(anAdmitRequest())).toMatchObject({ kind: 'accept', waitMs: undefined })
      })

      it('predicts the wait of a quiet pool as the time of one job', async () => {
        const { dispatcher } = await start()
        expect(await dispatcher.admit(anAdmitRequest())).toMatchObject({ kind: 'accept', waitMs: 100 })
      })

      it('counts reserved and dispatched jobs into the prediction', async () => {
        const { dispatcher } = await start()
        for (let count = 0; count < 3; count += 1) await dispatcher.admit(anAdmitRequest())
        await dispatcher.dispatch([anOffer(), anOffer()])
        expect(await dispatcher.admit(anAdmitRequest())).toMatchObject({ waitMs: 600 })
      })

      it('refuses what could not be over by nine tenths of its deadline, for as long as the surplus takes', async () => {
        const { dispatcher } = await start()
        const asked = await Promise.all(
          Array.from({ length: 40 }, () => dispatcher.admit(anAdmitRequest({ deadlineMs: 3_000 }))),
        )
        expect(asked.filter(({ kind }) => kind === 'accept')).toHaveLength(27)
        expect(asked.find(({ kind }) => kind === 'refuse')).toMatchObject({ reason: 'wait', retryAfterMs: 1_000 })
        const later = await dispatcher.admit(anAdmitRequest({ deadlineMs: 1_000 }))
        expect(later).toMatchObject({ kind: 'refuse', reason: 'wait', retryAfterMs: 1_900 })
      })

      it('takes a job of another tenant although one has filled the line', async () => {
        const { dispatcher } = await start()
        for (let count = 0; count < 27; count += 1) await dispatcher.admit(anAdmitRequest({ deadlineMs: 3_000 }))
        const other = await dispatcher.admit(anAdmitRequest({ tenant: 'other', deadlineMs: 3_000 }))
        expect(other).toMatchObject({ kind: 'accept', waitMs: 200 })
      })

      it('gives a tenant of more weight the shorter wait', async () => {
        const { dispatcher } = await start()
        for (let count = 0; count < 9; count += 1) await dispatcher.admit(anAdmitRequest({ tenant: 'small' }))
        const heavy = anAdmitRequest({ tenant: 'heavy', settings: { weight: 4 } })
        expect(await dispatcher.admit(heavy)).toMatchObject({ waitMs: 125 })
      })

      it('lets exactly as many of many simultaneous requests pass as a tenant may have in flight', async () => {
        const { dispatcher } = await open()
        const request = () => anAdmitRequest({ settings: { maxInFlightCount: 50 } })
        const asked = await Promise.all(Array.from({ length: 200 }, () => dispatcher.admit(request())))
        expect(asked.filter(({ kind }) => kind === 'accept')).toHaveLength(50)
        const refused = asked.filter(({ kind }) => kind === 'refuse')
        expect(refused[0]).toMatchObject({ reason: 'in-flight', retryAfterMs: 1_000, quota: { inFlightCount: 50 } })
        expect(await dispatcher.admit(anAdmitRequest({ tenant: 'other' }))).toMatchObject({ kind: 'accept' })
      })

      it('gives a place back with the end of its job, whether or not it was dispatched', async () => {
        const { dispatcher } = await open()
        const settings = { maxInFlightCount: 2 }
        const [one, two] = [anAdmitRequest({ settings }), anAdmitRequest({ settings })]
        await dispatcher.admit(one)
        await dispatcher.admit(two)
        await dispatcher.dispatch([anOffer({ id: two.jobId })])
        expect(await dispatcher.admit(anAdmitRequest({ settings }))).toMatchObject({ kind: 'refuse' })
        const ended = [one, two].map(({ jobId }) => ({ jobId, served: false }))
        expect(await dispatcher.ended(ended)).toEqual([])
        expect(await dispatcher.admit(anAdmitRequest({ settings }))).toMatchObject({ quota: { inFlightCount: 1 } })
      })

      it('takes the place back of a request that never became a job', async () => {
        const { dispatcher, pass } = await open()
        const settings = { maxInFlightCount: 1 }
        await dispatcher.admit(anAdmitRequest({ settings }))
        pass(60_001)
        expect(await dispatcher.admit(anAdmitRequest({ settings }))).toMatchObject({ kind: 'accept' })
      })

      it('keeps the place of a job that waits longer than that', async () => {
        const { dispatcher, pass } = await open()
        const request = anAdmitRequest({ settings: { maxInFlightCount: 1 } })
        await dispatcher.admit(request)
        await dispatcher.dispatch([anOffer({ id: request.jobId, remainingMs: 3_600_000 })])
        pass(60_001)
        expect(await dispatcher.admit({ ...request, jobId: 'other' })).toMatchObject({ kind: 'refuse' })
      })

      it('lets a burst pass and then the rate', async () => {
        const { dispatcher, pass } = await open()
        const ask = () => dispatcher.admit(anAdmitRequest({ settings: { ratePerSecond: 2, burstCount: 3 } }))
        expect(await ask()).toMatchObject({ quota: { remainingCount: 2, untilFullMs: 500 } })
        await ask()
        expect(await ask()).toMatchObject({ kind: 'accept', quota: { remainingCount: 0, untilFullMs: 1_500 } })
        expect(await ask()).toMatchObject({ kind: 'refuse', reason: 'rate', retryAfterMs: 1_000 })
        pass(500)
        expect([(await ask()).kind, (await ask()).kind]).toEqual(['accept', 'refuse'])
      })

      it('refuses at the bound of a lane, however little is known', async () => {
        const { dispatcher } = await open()
        const offers = Array.from({ length: 516 }, () => anOffer({ pool: 'p' }))
        await dispatcher.dispatch(offers)
        const asked = await dispatcher.admit(anAdmitRequest({ pool: 'p' }))
        expect(asked).toMatchObject({ kind: 'refuse', reason: 'wait', retryAfterMs: 60_000 })
      })
    })

    describeDispatchOrder(start)
  })
}
