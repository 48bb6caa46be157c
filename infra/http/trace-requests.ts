import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type TraceContext, traceContextOf } from '../domain/trace-context.ts'
import type { Span, Tracer } from '../ports/tracer.ts'

/** Whose word counts, and what may be said. */
export interface RequestTraceRules {
  /** a caller's `traceparent` is linked to, or is the parent and decides what is recorded */
  readonly callers: 'link' | 'parent'
  /** the tenant's name may stand in a span */
  readonly tenants: boolean
}

/** Names of methods come from callers: only these may become part of a span's name. @source OpenTelemetry, `http.request.method` */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'QUERY'])

/**
 * What a stranger sent is never the parent: he could have everything recorded, or nothing. What his own tracing has to add
 * to it stays out of ours.
 */
const placeOf = (came: TraceContext | undefined, callers: RequestTraceRules['callers']) => {
  if (!came) return { parent: 'none' } as const
  return callers === 'parent'
    ? { parent: came }
    : ({ parent: 'none', links: [{ traceparent: came.traceparent }] } as const)
}

const begin = (tracer: Tracer, { callers }: RequestTraceRules, request: FastifyRequest): Span => {
  const { method, headers, protocol, routeOptions } = request
  const known = METHODS.has(method)
  const name = known ? method : 'HTTP'
  const route = request.is404 ? undefined : routeOptions.url
  return tracer.begin(route === undefined ? name : `${name} ${route}`, {
    kind: 'server',
    ...placeOf(traceContextOf(headers.traceparent, headers.tracestate), callers),
    attributes: {
      'http.request.method': known ? method : '_OTHER',
      // The path itself holds ids and references to people.
      'url.path': route ?? '/',
      'url.scheme': protocol,
      ...(route !== undefined && { 'http.route': route }),
      ...(routeOptions.config.task && { 'muster.task': routeOptions.config.task }),
    },
  })
}

/** @param statusCode undefined = the caller went away before there was an answer */
const end = (span: Span, { tenants }: RequestTraceRules, request: FastifyRequest, statusCode?: number): void => {
  const { jobId, principal } = request.muster
  span.set({
    'muster.request.id': request.id,
    ...(statusCode !== undefined && { 'http.response.status_code': statusCode }),
    ...(jobId !== undefined && { 'muster.job.id': jobId }),
    ...(tenants && principal && { 'muster.tenant': principal.tenant }),
  })
  if (statusCode === undefined) span.fail('CALLER_GONE')
  else if (statusCode >= 500) span.fail(String(statusCode))
  span.end()
}

/**
 * A span for every request but those that machines ask all the time. Add it before all other hooks: what they and the
 * handlers do is part of it.
 */
export const traceRequests = (app: FastifyInstance, tracer: Tracer, rules: RequestTraceRules): void => {
  const spans = new WeakMap<FastifyRequest, Span>()
  /** Events of the connection bring the work back without the span that it is part of. */
  const resume = (request: FastifyRequest, done: () => void): void => {
    const span = spans.get(request)
    if (span) tracer.within(span, done)
    else done()
  }
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.quiet !== true) spans.set(request, begin(tracer, rules, request))
    resume(request, done)
  })
  app.addHook('preValidation', (request, _reply, done) => resume(request, done))
  app.addHook('onRequestAbort', (request, done) => {
    const span = spans.get(request)
    if (span?.recorded) end(span, rules, request)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    // The line in the log comes first: it is part of the request.
    resume(request, done)
    const span = spans.get(request)
    if (span?.recorded) end(span, rules, request, reply.statusCode)
  })
}
