import { AsyncLocalStorage } from 'node:async_hooks'
import {
  createContextKey,
  createTraceState,
  type HrTime,
  SpanKind as OtelKind,
  type Span as OtelSpan,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  type SpanContext,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { type Sampler, SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace'
import { isSampled, spanIdOf, type TraceContext, traceIdOf } from '../domain/trace-context.ts'
import type { Span, SpanKind, SpanOptions, Tracer } from '../ports/tracer.ts'
import { createInstants } from './instants.ts'

const KINDS: Readonly<Record<SpanKind, OtelKind>> = {
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
}

/** Whether a span is recorded, where that is decided before the sampler is asked. */
const DECIDED = createContextKey('muster.recorded')

/** Does as it was decided; where nothing was, as many as the ratio says, by the trace's id. */
export const createSampler = (ratio: number): Sampler => {
  const byRatio = new TraceIdRatioBasedSampler(ratio)
  return {
    shouldSample(context, traceId) {
      const decided = context.getValue(DECIDED)
      if (decided === undefined) return byRatio.shouldSample(context, traceId)
      return { decision: decided ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD }
    },
    toString: () => `Decided{otherwise=${byRatio.toString()}}`,
  }
}

const toSpanContext = (context: TraceContext): SpanContext => ({
  traceId: traceIdOf(context),
  spanId: spanIdOf(context),
  traceFlags: isSampled(context) ? 1 : 0,
  isRemote: true,
  ...(context.tracestate !== undefined && { traceState: createTraceState(context.tracestate) }),
})

const toTraceContext = ({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceContext => {
  const traceparent = `00-${traceId}-${spanId}-0${traceFlags & 1}`
  const tracestate = traceState?.serialize()
  return tracestate ? { traceparent, tracestate } : { traceparent }
}

/** A span that nobody keeps: only its context goes on. */
class UnrecordedSpan implements Span {
  readonly recorded = false
  readonly context: TraceContext
  constructor(context: TraceContext) {
    this.context = context
  }
  set(): void {}
  fail(): void {}
  end(): void {}
}

class RecordedSpan implements Span {
  readonly context: TraceContext
  readonly #span: OtelSpan
  readonly #instant: (at: number | undefined) => HrTime
  constructor(span: OtelSpan, instant: (at: number | undefined) => HrTime) {
    this.context = toTraceContext(span.spanContext())
    this.#span = span
    this.#instant = instant
  }
  get recorded(): boolean {
    return this.#span.isRecording()
  }
  set(attributes: Readonly<Record<string, string | number | boolean>>): void {
    this.#span.setAttributes(attributes)
  }
  fail(errorType: string): void {
    this.#span.setAttribute('error.type', errorType)
    this.#span.setStatus({ code: SpanStatusCode.ERROR })
  }
  end(at?: number): void {
    this.#span.end(this.#instant(at))
  }
}

const isSpan = (parent: Span | TraceContext): parent is Span => 'recorded' in parent

/** Seconds and nanoseconds of epoch ms. */
const toHrTime = (ms: number): HrTime => {
  const seconds = Math.trunc(ms / 1_000)
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)]
}

/** Under what a span of these options begins, and what is decided about it. @returns an unrecorded span where that is all */
const placeOf = (parent: Span | TraceContext | 'none', recordedAs: TraceContext | undefined) => {
  if (parent === 'none') {
    const root = recordedAs ? ROOT_CONTEXT.setValue(DECIDED, isSampled(recordedAs)) : ROOT_CONTEXT
    return { context: root }
  }
  const remote = isSpan(parent) ? parent.context : parent
  if ((isSpan(parent) && !parent.recorded) || !isSampled(remote)) return { unrecorded: new UnrecordedSpan(remote) }
  return { context: trace.setSpanContext(ROOT_CONTEXT.setValue(DECIDED, true), toSpanContext(remote)) }
}

/** The port on top of OpenTelemetry's own tracer. Nothing global is touched: two of these live side by side. */
export const createOtelTracer = (otel: OtelTracer): Tracer => {
  const storage = new AsyncLocalStorage<Span>()
  const epochOf = createInstants(Date.now, () => performance.now())
  const instant = (at: number | undefined): HrTime => toHrTime(epochOf(at ?? performance.now()))

  const begin = (name: string, options: SpanOptions = {}): Span => {
    const { kind = 'internal', parent = storage.getStore() ?? 'none', links = [], attributes, startedAt } = options
    const place = placeOf(parent, options.recordedAs)
    if (place.unrecorded) return place.unrecorded
    const span = otel.startSpan(
      name,
      {
        kind: KINDS[kind],
        links: links.map((link) => ({ context: toSpanContext(link) })),
        ...(attributes && { attributes }),
        startTime: instant(startedAt),
      },
      place.context,
    )
    return span.isRecording() ? new RecordedSpan(span, instant) : new UnrecordedSpan(toTraceContext(span.spanContext()))
  }

  return { active: () => storage.getStore(), begin, within: (span, work) => storage.run(span, work) }
}
