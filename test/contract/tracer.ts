import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { isSampled, spanIdOf, traceIdOf } from '../../infra/domain/trace-context.ts'
import type { Tracer } from '../../infra/ports/tracer.ts'

/** A span as whoever receives it sees it. */
export interface SeenSpan {
  readonly name: string
  readonly kind: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly attributes: Readonly<Record<string, unknown>>
  readonly failed: boolean
  readonly durationMs: number
}

/** A tracer, and what was seen of it. @param ratio share of first spans that are recorded, 0 or 1 */
export type OpenTracer = (ratio: 0 | 1) => Promise<{
  readonly tracer: Tracer
  /** everything that has ended so far */
  seen(): Promise<readonly SeenSpan[]>
}>

const REMOTE = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`
const UNSAMPLED = `${REMOTE.slice(0, -1)}0`

/** Every port has one suite. */
export const describeTracer = (adapter: string, open: OpenTracer): void => {
  describe(`Tracer on ${adapter}`, () => {
    it('begins a trace of its own, and tells the whole of a span once it has ended', async () => {
      const { tracer, seen } = await open(1)
      const attributes = { text: 'a', count: 2, yes: true }
      const span = tracer.begin('work', { kind: 'server', attributes, links: [{ traceparent: REMOTE }] })
      span.set({ more: 'b' })
      expect(await seen()).toEqual([])
      expect(span.recorded && isSampled(span.context)).toBe(true)
      span.end()
      expect(await seen()).toEqual([
        {
          name: 'work',
          kind: 'server',
          traceId: traceIdOf(span.context),
          spanId: spanIdOf(span.context),
          parentSpanId: undefined,
          links: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) }],
          attributes: { ...attributes, more: 'b' },
          failed: false,
          durationMs: expect.any(Number),
        },
      ])
    })

    it('records nothing under a span that has ended', async () => {
      const { tracer, seen } = await open(1)
      const span = tracer.begin('whole')
      span.end()
      const late = tracer.within(span, () => tracer.begin('late'))
      late.end()
      expect([span.recorded, late.recorded]).toEqual([false, false])
      expect((await seen()).map(({ name }) => name)).toEqual(['whole'])
    })

    it('puts a span under the active one, also after a pause, and none under one that is not active any more', async () => {
      const { tracer, seen } = await open(1)
      const whole = tracer.begin('whole')
      await tracer.within(whole, async () => {
        await pause(1)
        expect(tracer.active()?.context).toEqual(whole.context)
        tracer.begin('part').end()
      })
      expect(tracer.active()).toBeUndefined()
      tracer.begin('apart').end()
      whole.end()
      const [part, apart] = await seen()
      expect(part).toMatchObject({ traceId: traceIdOf(whole.context), parentSpanId: spanIdOf(whole.context) })
      expect(apart?.parentSpanId).toBeUndefined()
      expect(apart?.traceId).not.toBe(traceIdOf(whole.context))
    })

    it('leaves the active span aside where it is told another parent, or none', async () => {
      const { tracer, seen } = await open(1)
      const [other, active] = [tracer.begin('other'), tracer.begin('active')]
      tracer.within(active, () => {
        tracer.begin('under another', { parent: other }).end()
        tracer.begin('under nothing', { parent: 'none' }).end()
      })
      const [under, free] = await seen()
      expect(under?.parentSpanId).toBe(spanIdOf(other.context))
      expect(free?.parentSpanId).toBeUndefined()
    })

    it('continues what another process told of, with its state', async () => {
      const { tracer, seen } = await open(0)
      const span = tracer.begin('here', { parent: { traceparent: REMOTE, tracestate: 'a=1' } })
      expect(span.context.tracestate).toBe('a=1')
      span.end()
      expect(await seen()).toMatchObject([{ traceId: 'ab'.repeat(16), parentSpanId: 'cd'.repeat(8) }])
    })

    it('records nothing under what is not recorded, and tells its context on', async () => {
      const { tracer, seen } = await open(1)
      const span = tracer.begin('unseen', { parent: { traceparent: UNSAMPLED } })
      expect(span).toMatchObject({ recorded: false, context: { traceparent: UNSAMPLED } })
      const part = tracer.within(span, () => tracer.begin('unseen too'))
      expect(part.recorded).toBe(false)
      for (const one of [span, part]) {
        one.set({ a: 1 })
        one.fail('X')
        one.end()
      }
      expect(await seen()).toEqual([])
    })

    it('decides about the first span of a trace as it was decided elsewhere, whatever it would have done', async () => {
      const [none, all] = [await open(0), await open(1)]
      expect(none.tracer.begin('a').recorded).toBe(false)
      expect(none.tracer.begin('a', { recordedAs: { traceparent: REMOTE } }).recorded).toBe(true)
      const unrecorded = all.tracer.begin('a', { recordedAs: { traceparent: UNSAMPLED } })
      expect([unrecorded.recorded, isSampled(unrecorded.context)]).toEqual([false, false])
    })

    it('takes instants of the past, and names what failed', async () => {
      const { tracer, seen } = await open(1)
      const now = performance.now()
      const span = tracer.begin('past', { startedAt: now - 50 })
      span.fail('UNAVAILABLE')
      span.end(now - 20)
      const [past] = await seen()
      expect(past).toMatchObject({ failed: true, attributes: { 'error.type': 'UNAVAILABLE' } })
      expect(past?.durationMs).toBeCloseTo(30, 3)
    })
  })
}
