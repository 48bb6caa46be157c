import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import type { MetricRecord } from '../ports/metric-history.ts'
import type { MetricAnswer } from '../ports/metric-query.ts'

/** A time in seconds, and the value as text: JSON has no NaN. */
const Sample = Type.Tuple([Type.Number(), Type.String()])
const Data = Type.Union([
  Type.Object({ resultType: Type.Literal('scalar'), result: Sample }),
  Type.Object({
    resultType: Type.Literal('vector'),
    result: Type.Array(Type.Object({ value: Type.Optional(Sample) })),
  }),
  Type.Object({ resultType: Type.Union([Type.Literal('matrix'), Type.Literal('string')]) }),
])
const Missing = {
  warnings: Type.Optional(Type.Array(Type.String())),
  // VictoriaMetrics says it so.
  isPartial: Type.Optional(Type.Boolean()),
}
const Good = Type.Object({ status: Type.Literal('success'), data: Data, ...Missing })
const Bad = Type.Object({ status: Type.Literal('error'), errorType: Type.String(), error: Type.String() })

/** Of a time: a line for each series. */
const GoodRange = Type.Object({
  status: Type.Literal('success'),
  data: Type.Object({
    resultType: Type.Literal('matrix'),
    result: Type.Array(Type.Object({ values: Type.Optional(Type.Array(Sample)) })),
  }),
  ...Missing,
})

const none = (why: string) => ({ kind: 'none', why }) as const

/** As far as it may stand in a message for people: a stranger's server must not fill it, or move its cursor. */
const MAX_WORDS = 160
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g
const wordsOf = (text: string): string => {
  const clean = text.replace(CONTROL, ' ').trim()
  return clean.length > MAX_WORDS ? `${clean.slice(0, MAX_WORDS)}...` : clean
}

/** More of them say nothing new. */
const MAX_WARNINGS = 3

/** Until 2.54 Prometheus told among its warnings, too, what may be odd about a query; such a value lacks nothing. */
const isWarning = (text: string): boolean => !text.startsWith('PromQL info:')

const warningsOf = ({
  warnings = [],
  isPartial = false,
}: Pick<Static<typeof Good>, keyof typeof Missing>): readonly string[] =>
  [...(isPartial ? ['the answer is partial'] : []), ...warnings.filter(isWarning)].slice(0, MAX_WARNINGS).map(wordsOf)

/** A missing number is NaN too: what divides by nothing knows nothing. Texts such as `+Inf` are no number to `Number`. */
const numberOf = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text))

const ofSample = ([seconds, text]: Static<typeof Sample>, warnings: readonly string[]): MetricAnswer => {
  const value = numberOf(text)
  if (!Number.isFinite(value)) return none(`the value is ${/^[+-]?inf/i.test(text) ? 'infinite' : 'not a number'}`)
  return { kind: 'value', value, at: seconds * 1_000, warnings }
}

const ofData = (data: Static<typeof Data>, warnings: readonly string[]): MetricAnswer => {
  if (data.resultType === 'scalar') return ofSample(data.result, warnings)
  if (data.resultType !== 'vector') return none(`the answer is a ${data.resultType}, not one number`)
  const [first, ...others] = data.result
  if (!first) return none('no data')
  if (others.length > 0) return none(`${data.result.length} series, not one: sum them`)
  return first.value ? ofSample(first.value, warnings) : none('the value is a histogram, not a number')
}

/**
 * The body of an answer to `/api/v1/query` as what it says.
 * @returns undefined when it is not what such a server says
 * @source Prometheus, HTTP API: "Format overview" and "Expression query result formats"
 */
export const answerOf = (body: unknown): MetricAnswer | undefined => {
  if (Value.Check(Good, body)) return ofData(body.data, warningsOf(body))
  return refusalOf(body)
}

const refusalOf = (body: unknown) =>
  Value.Check(Bad, body) ? none(`the query is refused: ${wordsOf(body.error)}`) : undefined

/**
 * The body of an answer to `/api/v1/query_range`, one number for each step.
 * @returns undefined when it is not what such a server says
 * @source Prometheus, HTTP API: "Range queries"
 */
export const recordOf = (
  body: unknown,
  { from, stepMs, count }: { readonly from: number; readonly stepMs: number; readonly count: number },
): MetricRecord | undefined => {
  if (!Value.Check(GoodRange, body)) return refusalOf(body)
  const [first, ...others] = body.data.result
  if (others.length > 0) return none(`${others.length + 1} series, not one: sum them`)
  const values: (number | undefined)[] = Array.from({ length: count }, () => undefined)
  for (const [seconds, text] of first?.values ?? []) {
    const [index, value] = [Math.round((seconds * 1_000 - from) / stepMs), numberOf(text)]
    if (index >= 0 && index < count && Number.isFinite(value)) values[index] = value
  }
  const warnings = warningsOf(body)
  return { kind: 'values', values, ...(warnings.length > 0 && { warnings }) }
}
