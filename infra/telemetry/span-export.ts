import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace'

/** Spans that wait to be sent: some seconds of everything, or a quarter of an hour of one in a hundred, in a few MB. */
const MOST_WAITING = 4_096
const MOST_IN_EXPORT = 512

/** Where spans go. */
export interface Receiver {
  /** the whole address */
  readonly url: string
  /** looked at for every export: keys change */
  readonly headers: () => Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** between two exports */
  readonly everyMs: number
}

/** Told of spans that nobody will see, and of exports. */
export interface ExportTold {
  dropped(reason: 'queue-full' | 'export-failed', count: number): void
  /** of every export: did the receiver take it? */
  exported(ok: boolean): void
}

/** An exporter that says how it goes. */
const telling = (exporter: SpanExporter, waiting: { count: number }, told: ExportTold): SpanExporter => ({
  export(spans, done) {
    exporter.export(spans, (result) => {
      waiting.count -= spans.length
      const ok = result.code === 0
      told.exported(ok)
      if (!ok) told.dropped('export-failed', spans.length)
      done(result)
    })
  },
  forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  shutdown: () => exporter.shutdown(),
})

/**
 * Sends ended spans in groups, beside whatever else goes on. While the receiver is away they wait, up to a bound; beyond it
 * the newest are dropped, and every dropped one is counted. Nobody ever waits for it.
 */
export const createSpanExport = ({ url, headers, timeoutMs, everyMs }: Receiver, told: ExportTold): SpanProcessor => {
  const waiting = { count: 0 }
  const exporter = new OTLPTraceExporter({ url, headers: async () => ({ ...headers() }), timeoutMillis: timeoutMs })
  const batches = new BatchSpanProcessor({
    exporter: telling(exporter, waiting, told),
    maxQueueSize: MOST_WAITING,
    maxExportBatchSize: MOST_IN_EXPORT,
    scheduledDelayMillis: everyMs,
    // The exporter gives up by itself; this is for one that hangs all the same.
    exportTimeoutMillis: 2 * timeoutMs,
  })
  return {
    onStart: () => {},
    onEnd(span: ReadableSpan) {
      // The library has a bound too, but does not tell whoever counts.
      if (waiting.count >= MOST_WAITING) return told.dropped('queue-full', 1)
      waiting.count += 1
      batches.onEnd(span)
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  }
}
