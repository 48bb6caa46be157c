import { expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { errorTypeOf, inSpan } from '../../../../infra/runtime/in-span.ts'
import { createMemoryTracer } from '../../../fakes/tracer.ts'

const open = () => {
  const { tracer, spans } = createMemoryTracer()
  const whole = tracer.begin('whole')
  return { tracer, spans, whole }
}

it('does work in a span of its own under the active one', async () => {
  const { tracer, spans, whole } = open()
  const inner = () => inSpan(tracer, 'inner', async () => 7)
  const work = () => inSpan(tracer, 'step', inner, { a: 1 })
  expect(await tracer.within(whole, work)).toBe(7)
  const [first, second] = spans
  expect(second).toMatchObject({ name: 'step', parent: whole.context.traceparent, attributes: { a: 1 } })
  expect(first).toMatchObject({ name: 'inner', parent: second?.context.traceparent })
})

it('fails with its work', async () => {
  const { tracer, spans, whole } = open()
  const failing = tracer.within(whole, () => inSpan(tracer, 'step', () => Promise.reject(new RangeError('secret'))))
  await expect(failing).rejects.toThrow(RangeError)
  expect(spans).toMatchObject([{ name: 'step', error: 'RangeError' }])
})

it('does the work alone where nothing is active', async () => {
  const { tracer, spans } = open()
  expect(await inSpan(tracer, 'step', async () => 7)).toBe(7)
  expect(spans).toEqual([])
})

it.each([
  [new UnavailableError('postgres', new Error('x')), 'UNAVAILABLE'],
  [new TypeError('x'), 'TypeError'],
  ['text', '_OTHER'],
])('names a failure by its code or its class: %s', (error, name) => {
  expect(errorTypeOf(error)).toBe(name)
})
