import type { TraceContext } from '../domain/trace-context.ts'

/** As OpenTelemetry has them: who calls, who is called, who sends and who gets a message; `internal` is all else. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer'

/** Facts of a span: ids, names of ours, numbers. Never of a person, no key, no address with a signature. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

/** How a span begins. */
export interface SpanOptions {
  readonly kind?: SpanKind
  /** under a span of this process, or under one that another process told of; `none`: the first of a trace of its own. The one under way unless told */
  readonly parent?: Span | TraceContext | 'none'
  /** what it has to do with, without being a part of it */
  readonly links?: readonly TraceContext[]
  /** of the first of a trace: recorded if and only if this is. The tracer decides unless told */
  readonly recordedAs?: TraceContext | undefined
  readonly attributes?: SpanAttributes
  /** monotonic ms; now unless told */
  readonly startedAt?: number
}

/** One piece of work, from its beginning to its end. What is not recorded costs next to nothing, and tells its context all the same. */
export interface Span {
  readonly context: TraceContext
  /** false once it has ended: what comes after it is no part of it */
  readonly recorded: boolean
  set(attributes: SpanAttributes): void
  /** It failed. @param errorType from a small fixed set: a code or the name of a class, never a message */
  fail(errorType: string): void
  /** Once. @param at monotonic ms; now unless told */
  end(at?: number): void
}

/** Tells where the time of single requests goes. Where it is off there is none: whoever is given no tracer makes no span. */
export interface Tracer {
  /** the span of the work under way */
  active(): Span | undefined
  begin(name: string, options?: SpanOptions): Span
  /** Do work as part of this span: it is the active one until the work, with all it waits for, is over. */
  within<T>(span: Span, work: () => T): T
}
