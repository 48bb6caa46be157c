/** Where a span belongs, as it travels between processes. @source W3C Trace Context */
export interface TraceContext {
  readonly traceparent: string
  /** what tracing systems on the way have to add */
  readonly tracestate?: string
}

/** Version 00 only: another version is another format. Ids of zeros are none. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const TRACESTATE = /^[\x20-\x7e]{1,512}$/
const SAMPLED = 0x01

/** A context from what anybody could have sent. @returns undefined when it is none; a bad state alone is left out */
export const traceContextOf = (traceparent: unknown, tracestate?: unknown): TraceContext | undefined => {
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return undefined
  const hasState = typeof tracestate === 'string' && TRACESTATE.test(tracestate)
  return hasState ? { traceparent, tracestate } : { traceparent }
}

/** Is what belongs there recorded? */
export const isSampled = ({ traceparent }: TraceContext): boolean =>
  (Number.parseInt(traceparent.slice(-2), 16) & SAMPLED) !== 0

/** The id that all spans of one trace share. */
export const traceIdOf = ({ traceparent }: TraceContext): string => traceparent.slice(3, 35)

/** The id of the span itself. */
export const spanIdOf = ({ traceparent }: TraceContext): string => traceparent.slice(36, 52)
