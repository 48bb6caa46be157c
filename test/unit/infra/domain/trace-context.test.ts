import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSampled, spanIdOf, traceContextOf, traceIdOf } from '../../../../infra/domain/trace-context.ts'

const [TRACE, SPAN] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
const GOOD = `00-${TRACE}-${SPAN}-01`

describe('a trace context', () => {
  it('has its ids and its flag', () => {
    const context = traceContextOf(GOOD)
    expect(context).toEqual({ traceparent: GOOD })
    expect(context && [traceIdOf(context), spanIdOf(context), isSampled(context)]).toEqual([TRACE, SPAN, true])
  })

  it.each([
    ['00', false],
    ['01', true],
    ['02', false],
    ['03', true],
    ['ff', true],
  ])('with the flags %s is recorded: %s', (flags, sampled) => {
    expect(isSampled({ traceparent: `00-${TRACE}-${SPAN}-${flags}` })).toBe(sampled)
  })

  it.each([
    ['another version', `01-${TRACE}-${SPAN}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['capitals', GOOD.toUpperCase()],
    ['more than that', `${GOOD}-x`],
    ['a line', `${GOOD}\n`],
    ['nothing', ''],
    ['a number', 7],
    ['a list', [GOOD]],
  ])('is not made of %s', (_what, traceparent) => {
    expect(traceContextOf(traceparent)).toBeUndefined()
  })

  it('keeps the state that comes with it, if that can be one', () => {
    expect(traceContextOf(GOOD, 'a=1,b=2')).toEqual({ traceparent: GOOD, tracestate: 'a=1,b=2' })
    for (const state of ['', 'a=\n', 'x'.repeat(513), 7, ['a=1']])
      expect(traceContextOf(GOOD, state)).toEqual({ traceparent: GOOD })
  })

  it('is none, or fit for a header, whatever anybody sent', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (traceparent, tracestate) => {
        const context = traceContextOf(traceparent, tracestate)
        for (const text of Object.values(context ?? {})) expect(text).toMatch(/^[\x20-\x7e]+$/)
      }),
    )
  })
})
