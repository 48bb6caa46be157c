import Type from 'typebox'

/** One in a hundred: at 2,000,000 checks a day that is one every few seconds. */
const DEFAULT_RATIO = 0.01
/** `key=value` apart by commas, as the standard has them. */
const PAIRS = '^[^=,\\s]+=[^,]*(,[^=,\\s]+=[^,]*)*$'

/** Variables of traces, under the names that OpenTelemetry gave them where it has one; docs/tracing.md. */
export const traceVariables = {
  /** where traces are sent, without `/v1/traces`; none unless told, and then none is made */
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(Type.String({ pattern: '^https?://[^/?#@]+(/[^?#]*)?$' })),
  /** what the receiver wants to see with each call, mostly a key */
  OTEL_EXPORTER_OTLP_HEADERS: Type.Optional(Type.String({ pattern: PAIRS })),
  /** in ms, for one export with all its tries */
  OTEL_EXPORTER_OTLP_TIMEOUT: Type.Integer({ minimum: 100, maximum: 60_000, default: 10_000 }),
  /** between two exports, in ms */
  OTEL_BSP_SCHEDULE_DELAY: Type.Integer({ minimum: 10, maximum: 60_000, default: 2_000 }),
  OTEL_TRACES_SAMPLER: Type.String({
    pattern: '^(parentbased_)?(always_on|always_off|traceidratio)$',
    default: 'parentbased_traceidratio',
  }),
  /** share of requests that are recorded, where the sampler is a ratio */
  OTEL_TRACES_SAMPLER_ARG: Type.Number({ minimum: 0, maximum: 1, default: DEFAULT_RATIO }),
  OTEL_SERVICE_NAME: Type.Optional(Type.String({ minLength: 1 })),
  OTEL_RESOURCE_ATTRIBUTES: Type.Optional(Type.String({ pattern: PAIRS })),
  OTEL_SDK_DISABLED: Type.Boolean({ default: false }),
  /** what a caller's `traceparent` is: `link`, or for callers who may decide what is recorded, `parent` */
  TRACES_CALLERS: Type.String({ pattern: '^(link|parent)$', default: 'link' }),
  /** put the tenant's name into spans */
  TRACES_TENANT: Type.Boolean({ default: false }),
}

/** The same, checked. */
export interface TraceVariables {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string
  readonly OTEL_EXPORTER_OTLP_HEADERS?: string
  readonly OTEL_EXPORTER_OTLP_TIMEOUT: number
  readonly OTEL_BSP_SCHEDULE_DELAY: number
  readonly OTEL_TRACES_SAMPLER: string
  readonly OTEL_TRACES_SAMPLER_ARG: number
  readonly OTEL_SERVICE_NAME?: string
  readonly OTEL_RESOURCE_ATTRIBUTES?: string
  readonly OTEL_SDK_DISABLED: boolean
  readonly TRACES_CALLERS: string
  readonly TRACES_TENANT: boolean
}

/** Text in a list may be percent-encoded; what is not validly so is meant as it stands. */
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The pairs of a list like `key=value,key=value`. @source OpenTelemetry, `OTEL_RESOURCE_ATTRIBUTES` */
export const pairsOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text
      .split(',')
      .map((pair) => pair.trim())
      .filter((pair) => pair.includes('='))
      .map((pair) => {
        const at = pair.indexOf('=')
        return [decoded(pair.slice(0, at).trim()), decoded(pair.slice(at + 1).trim())]
      }),
  )

/**
 * The share of requests that is recorded where nothing else decides.
 * Whether a parent counts is no question of the sampler's name here: a worker always does as the api did, and a caller's
 * wish counts where `TRACES_CALLERS` says so.
 */
export const ratioOf = ({
  OTEL_TRACES_SAMPLER: sampler,
  OTEL_TRACES_SAMPLER_ARG: ratio,
}: Pick<TraceVariables, 'OTEL_TRACES_SAMPLER' | 'OTEL_TRACES_SAMPLER_ARG'>): number => {
  if (sampler.endsWith('always_on')) return 1
  return sampler.endsWith('always_off') ? 0 : ratio
}
