import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Tracer } from '../ports/tracer.ts'
import type { Around } from '../runtime/around.ts'
import type { Secrets } from '../runtime/secrets.ts'
import type { TraceVariables } from '../runtime/trace-config.ts'

/** What may be seen in spans, and whose word counts. */
export interface TraceRules {
  /** a caller's `traceparent` is linked to, or is the parent and decides what is recorded */
  readonly callers: 'link' | 'parent'
  /** the tenant's name may stand in a span */
  readonly tenants: boolean
}

/** Traces of one process, where they are on. */
export interface Tracing {
  readonly tracer: Tracer
  readonly rules: TraceRules
  /** puts spans around adapters as they are opened */
  readonly around: Around
  /** fields of a log line that is written while a recorded span is active: its ids, under the names that tools look for */
  readonly logFields: () => { readonly trace_id?: string; readonly span_id?: string }
  /** from now on failures are told, and headers followed */
  connect(process: { readonly secrets: Secrets; readonly log: Logger; readonly metrics: Metrics }): void
  /** Sends what is left, within two seconds. */
  stop(): Promise<void>
}

/**
 * Traces of this process, or undefined where no receiver is configured: then OpenTelemetry is not even loaded.
 * @param service what kind of process it is @param pool of a worker
 */
export const openTracing = async (
  config: TraceVariables,
  service: string,
  pool?: string,
): Promise<Tracing | undefined> => {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: disabled } = config
  if (endpoint === undefined || disabled) return undefined
  const { createTracing } = await import('./tracing.ts')
  return createTracing({ ...config, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, service, pool)
}
