import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { isSampled, type TraceContext, traceIdOf } from '../../infra/domain/trace-context.ts'
import type { Span, SpanAttributes, SpanKind, SpanOptions, Tracer } from '../../infra/ports/tracer.ts'

/** A span that was recorded and has ended. */
export interface KeptSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly context: TraceContext
  /** its parent's `traceparent` */
  readonly parent: string | undefined
  readonly links: readonly TraceContext[]
  readonly attributes: SpanAttributes
  readonly error: string | undefined
  /** monotonic ms */
  readonly startedAt: number
  readonly endedAt: number
}

const isSpan = (parent: Span | TraceContext): parent is Span => 'recorded' in parent
const idOf = (bytes: number): string => randomBytes(bytes).toString('hex')
const unrecorded = (context: TraceContext): Span => ({ context, recorded: false, set() {}, fail() {}, end() {} })

/** Keeps what ends. @param records are first spans recorded where nothing else decides? */
export const createMemoryTracer = (records: () => boolean = () => true) => {
  const storage = new AsyncLocalStorage<Span>()
  const spans: KeptSpan[] = []

  const begin = (name: string, options: SpanOptions = {}): Span => {
    const { kind = 'internal', parent = storage.getStore() ?? 'none', links = [], recordedAs } = options
    const above = parent === 'none' ? undefined : isSpan(parent) ? parent.context : parent
    if (above && !(parent !== 'none' && isSpan(parent) ? parent.recorded : isSampled(above))) return unrecorded(above)
    const recorded = above !== undefined || (recordedAs ? isSampled(recordedAs) : records())
    const traceId = above ? traceIdOf(above) : idOf(16)
    const traceparent = `00-${traceId}-${idOf(8)}-0${recorded ? 1 : 0}`
    const context = above?.tracestate === undefined ? { traceparent } : { traceparent, tracestate: above.tracestate }
    if (!recorded) return unrecorded(context)
    const startedAt = options.startedAt ?? performance.now()
    let attributes: SpanAttributes = { ...options.attributes }
    let error: string | undefined
    let ended = false
    return {
      context,
      get recorded() {
        return !ended
      },
      set(more) {
        attributes = { ...attributes, ...more }
      },
      fail(errorType) {
        error = errorType
        attributes = { ...attributes, 'error.type': errorType }
      },
      end(endedAt = performance.now()) {
        ended = true
        const times = { startedAt, endedAt }
        spans.push({ name, kind, context, parent: above?.traceparent, links, attributes, error, ...times })
      },
    }
  }

  const tracer: Tracer = {
    active: () => storage.getStore(),
    begin,
    within: (span, work) => storage.run(span, work),
  }
  return { tracer, spans }
}
