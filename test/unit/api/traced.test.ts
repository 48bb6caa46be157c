import { describe, expect, it } from 'vitest'
import { createCompletions } from '../../../api/completions.ts'
import { tracedCompletions } from '../../../api/traced.ts'
import { createMemoryTracer } from '../../fakes/tracer.ts'

const open = (records = true) => {
  const { tracer, spans } = createMemoryTracer(() => records)
  const completions = tracedCompletions(tracer, createCompletions())
  const request = tracer.begin('request')
  return { tracer, spans, completions, request, wait: () => tracer.within(request, () => completions.wait('j1')) }
}

describe('a wait that is recorded', () => {
  it('is a part of its request until it is left, once', () => {
    const { completions, spans, request, wait } = open()
    const waiter = wait()
    expect(completions.spanOf('j1')?.recorded).toBe(true)
    expect(completions.waiterCount()).toBe(1)
    waiter.leave()
    waiter.leave()
    expect(spans).toMatchObject([{ name: 'wait', parent: request.context.traceparent }])
    expect(completions.spanOf('j1')).toBeUndefined()
    expect(completions.waiterCount()).toBe(0)
  })

  it('is woken as any other', () => {
    const { completions, wait } = open()
    const woken: string[] = []
    wait().next((wakeUp) => woken.push(wakeUp))
    completions.deliver({ id: 'j1', state: 'succeeded' })
    expect(woken).toEqual(['completed'])
  })

  it('does not take away what another one for the same job has', () => {
    const { completions, wait } = open()
    const [first, second] = [wait(), wait()]
    first.leave()
    expect(completions.spanOf('j1')).toBeDefined()
    second.leave()
    expect(completions.spanOf('j1')).toBeUndefined()
  })
})

it('a wait that is not recorded is one without a span', () => {
  const { completions, spans, wait } = open(false)
  wait().leave()
  expect([spans, completions.spanOf('j1'), completions.waiterCount()]).toEqual([[], undefined, 0])
})
