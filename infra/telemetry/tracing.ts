import { randomUUID } from 'node:crypto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { spanIdOf, traceIdOf } from '../domain/trace-context.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Secrets } from '../runtime/secrets.ts'
import { pairsOf, ratioOf, type TraceVariables } from '../runtime/trace-config.ts'
import { VERSION } from '../runtime/version.ts'
import { createOtelTracer, createSampler } from './otel-tracer.ts'
import { createSpanExport, type ExportTold } from './span-export.ts'
import { tracedPorts } from './traced-ports.ts'

/** The end of a process waits so long for its last spans at most: jobs come first, and they are done by then. */
const FLUSH_MS = 2_000
/** The version of the conventions that names and attributes follow. */
const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0'

/** The receiver is told nothing of the machine that is not said here: nothing is looked up anywhere. */
const resourceOf = (config: TraceVariables, service: string, pool: string | undefined) =>
  resourceFromAttributes({
    'service.namespace': 'muster',
    'service.name': config.OTEL_SERVICE_NAME ?? `muster-${service}`,
    'service.version': VERSION,
    'service.instance.id': randomUUID(),
    ...(pool !== undefined && { 'muster.pool': pool }),
    ...pairsOf(config.OTEL_RESOURCE_ATTRIBUTES ?? ''),
  })

/** @throws RangeError for a text without any, which leaves those before it */
const headersOf = (text: string): Readonly<Record<string, string>> => {
  const headers = pairsOf(text)
  if (Object.keys(headers).length === 0) throw new RangeError('no key=value in it')
  return headers
}

/** Says it once when exports begin to fail, and once when they work again. */
const createTold = (tell: () => { readonly log: Logger; readonly metrics: Metrics } | undefined): ExportTold => {
  let failing = false
  return {
    dropped: (reason, count) => tell()?.metrics.count('spans_dropped', { reason }, count),
    exported(ok) {
      if (ok === failing) {
        if (ok) tell()?.log.info({}, 'traces can be sent again')
        else tell()?.log.warn({}, 'traces cannot be sent: spans are dropped')
      }
      failing = !ok
    },
  }
}

/** Traces, on. Loaded only where they are: see `openTracing`. */
export const createTracing = (
  config: TraceVariables & { readonly OTEL_EXPORTER_OTLP_ENDPOINT: string },
  service: string,
  pool?: string,
) => {
  let connected: { readonly log: Logger; readonly metrics: Metrics } | undefined
  let headers = () => pairsOf(config.OTEL_EXPORTER_OTLP_HEADERS ?? '')
  const receiver = {
    url: `${config.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/+$/, '')}/v1/traces`,
    headers: () => headers(),
    timeoutMs: config.OTEL_EXPORTER_OTLP_TIMEOUT,
    everyMs: config.OTEL_BSP_SCHEDULE_DELAY,
  }
  const provider = new TracerProvider({
    resource: resourceOf(config, service, pool),
    sampler: createSampler(ratioOf(config)),
    spanProcessors: [
      createSpanExport(
        receiver,
        createTold(() => connected),
      ),
    ],
  })
  const tracer = createOtelTracer(provider.getTracer('muster', VERSION, { schemaUrl: SCHEMA_URL }))
  return {
    tracer,
    rules: {
      callers: config.TRACES_CALLERS === 'parent' ? ('parent' as const) : ('link' as const),
      tenants: config.TRACES_TENANT,
    },
    around: tracedPorts(tracer),
    logFields() {
      const span = tracer.active()
      return span?.recorded ? { trace_id: traceIdOf(span.context), span_id: spanIdOf(span.context) } : {}
    },
    connect({ secrets, log, metrics }: { secrets: Secrets; log: Logger; metrics: Metrics }) {
      connected = { log, metrics }
      const { OTEL_EXPORTER_OTLP_HEADERS: atStart } = config
      if (atStart === undefined) return
      const secret = secrets.follow('OTEL_EXPORTER_OTLP_HEADERS', atStart, headersOf)
      headers = () => secret.now()
    },
    async stop() {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, FLUSH_MS)
      await Promise.race([provider.shutdown().catch(() => {}), late])
      clearTimeout(timer)
    },
  }
}
