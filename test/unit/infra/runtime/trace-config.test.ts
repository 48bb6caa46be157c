import fc from 'fast-check'
import Type from 'typebox'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../../infra/runtime/config.ts'
import { pairsOf, ratioOf, traceVariables } from '../../../../infra/runtime/trace-config.ts'

const load = (env: Record<string, string>) => loadConfig(Type.Object(traceVariables), env)

describe('variables of traces', () => {
  it('are off and careful unless told', () => {
    expect(load({})).toEqual({
      OTEL_EXPORTER_OTLP_TIMEOUT: 10_000,
      OTEL_BSP_SCHEDULE_DELAY: 2_000,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: 0.01,
      OTEL_SDK_DISABLED: false,
      TRACES_CALLERS: 'link',
      TRACES_TENANT: false,
    })
  })

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:secret@collector:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://collector:4317'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector:4318/?a=b'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a key without a value'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
    ['OTEL_TRACES_SAMPLER_ARG', 'half'],
    ['TRACES_CALLERS', 'trust'],
  ])('refuse %s=%s without repeating it', (name, value) => {
    const failed = (): unknown => load({ [name]: value })
    expect(failed).toThrow(new RegExp(`- ${name} must be`))
    expect(failed).not.toThrow(value)
  })

  it.each(['http://collector:4318', 'https://traces.example.com/otlp/', 'http://[::1]:4318'])('take %s', (url) => {
    expect(load({ OTEL_EXPORTER_OTLP_ENDPOINT: url }).OTEL_EXPORTER_OTLP_ENDPOINT).toBe(url)
  })
})

it.each([
  ['always_on', 0.3, 1],
  ['always_off', 0.3, 0],
  ['parentbased_traceidratio', 0.3, 0.3],
])('the share of %s with %d is %d', (sampler, ratio, share) => {
  expect(ratioOf({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: ratio })).toBe(share)
})

describe('a list of pairs', () => {
  it('is read with its encoding', () => {
    expect(pairsOf('Authorization=Bearer%20abc==, b = c ,d=')).toEqual({ Authorization: 'Bearer abc==', b: 'c', d: '' })
    expect(pairsOf('')).toEqual({})
    expect(pairsOf('a=%zz')).toEqual({ a: '%zz' })
  })

  it('gives back what was put in', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1 })
    fc.assert(
      fc.property(fc.dictionary(word, fc.string({ unit: 'grapheme' })), (pairs) => {
        const text = Object.entries(pairs).map((pair) => pair.map(encodeURIComponent).join('='))
        expect(pairsOf(text.join(','))).toEqual(pairs)
      }),
    )
  })
})
