import Type, { type Static } from 'typebox'
import { RequestError } from '../../infra/http/request-error.ts'

const DAY_MS = 86_400_000

/** How much of the past a route shows. */
export interface SpanRule {
  /** shown unless told */
  readonly defaultMs: number
  readonly maxMs: number
}

/** The query of a route that shows a stretch of the past. @param byDefault how long it is unless told, in words */
export const spanQuery = (byDefault: string) =>
  Type.Object({
    since: Type.Optional(
      Type.String({ format: 'date-time', description: `${byDefault} before \`until\` unless told` }),
    ),
    until: Type.Optional(Type.String({ format: 'date-time', description: 'now unless told' })),
  })

/**
 * The stretch that a query asks for, in epoch ms.
 * @param now epoch ms
 * @throws RequestError INVALID_REQUEST
 */
export const spanOf = (query: Static<ReturnType<typeof spanQuery>>, { defaultMs, maxMs }: SpanRule, now: number) => {
  const until = query.until === undefined ? now : Date.parse(query.until)
  const since = query.since === undefined ? until - defaultMs : Date.parse(query.since)
  if (since < until && until - since <= maxMs) return { since, until }
  const detail = `must be before until, by ${Math.round(maxMs / DAY_MS)} days at most`
  throw new RequestError('INVALID_REQUEST', `since ${detail}`, { faults: [{ pointer: '/since', detail }] })
}
