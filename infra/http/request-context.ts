import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { TaskName } from '../domain/task.ts'
import type { AuditLog } from '../ports/audit-log.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { answerHeaders } from './answer-headers.ts'
import type { Authenticate, Principal } from './authenticate.ts'
import { isAllowed, isPermission, PERMISSIONS, type Permission, reachesTask } from './permissions.ts'
import { addressHash, createRefusals, type Refusals } from './refusals.ts'
import { RequestError } from './request-error.ts'

/** What is remembered of a request while it is served. */
export interface RequestContext {
  /** monotonic ms of arrival */
  readonly startedAt: number
  principal: Principal | undefined
  /** the job it is about, for the log */
  jobId: string | undefined
  /** stations for the `server-timing` header, beside the total */
  serverTiming: string
}

/** Who may call a route. Every route says it: one that does not keeps the process from starting. */
export type Access = 'public' | Permission

declare module 'fastify' {
  interface FastifyRequest {
    muster: RequestContext
  }
  interface FastifyContextConfig {
    access?: Access
    /** the task it is about: a key that is limited to others may not call it */
    task?: TaskName
    /** all that its body can say has a default: the request may come without */
    bodyOptional?: boolean
    /** asked all the time by machines: not worth a line in the log */
    quiet?: boolean
    /** only for keys of the tenant that runs the installation */
    fleet?: boolean
  }
}

const SANE_ID = /^[A-Za-z0-9._:-]{1,128}$/

/** The caller's `x-request-id` where it is fit for a log, else a new one. */
export const requestIdOf = ({ headers }: Pick<IncomingMessage, 'headers'>): string => {
  const given = headers['x-request-id']
  return typeof given === 'string' && SANE_ID.test(given) ? given : randomUUID()
}

/** The principal of a route that needs a key: the hook below has put it there. */
export const principalOf = ({ muster }: FastifyRequest): Principal => {
  if (!muster.principal) throw new Error('a route that needs a principal must not be public')
  return muster.principal
}

const NO_CONTEXT: RequestContext = { startedAt: 0, principal: undefined, jobId: undefined, serverTiming: '' }

const refuseUndeclared = (app: FastifyInstance): void => {
  const routes: { readonly url: string; readonly access: () => Access | undefined }[] = []
  app.addHook('onRoute', (route) => void routes.push({ url: route.url, access: () => route.config?.access }))
  app.addHook('onReady', async () => {
    const declares = (access: unknown): boolean => access === 'public' || isPermission(access)
    const undeclared = routes.filter(({ access }) => !declares(access())).map(({ url }) => url)
    if (undeclared.length > 0) throw new Error(`routes without a declared permission: ${undeclared.join(', ')}`)
  })
}

/** May this key call this route? @throws RequestError FORBIDDEN */
const admit = (principal: Principal, { access, task, fleet }: FastifyContextConfig, deps: TenantRules): void => {
  const { tenant, fleetTenant } = deps
  if ((tenant !== undefined && principal.tenant !== tenant) || (fleet && principal.tenant !== fleetTenant))
    throw new RequestError('FORBIDDEN', 'this call needs a key of the tenant that runs the installation')
  if (isPermission(access) && !isAllowed(principal.role, access)) {
    const needed = `the permission ${access}, which the role ${PERMISSIONS[access]} has`
    throw new RequestError('FORBIDDEN', `this call needs ${needed}`)
  }
  if (task !== undefined && !reachesTask(principal, task))
    throw new RequestError('FORBIDDEN', `this call needs a key whose scope has ${task}`)
}

/** A call without any key is no guess, and what failed on our side is no refusal. */
const noteRefusal = (refusals: Refusals, request: FastifyRequest, error: unknown): void => {
  if (!(error instanceof RequestError)) return
  const { principal } = request.muster
  const { url: route = '', config } = request.routeOptions
  const requestId = request.id
  if (principal && error.code === 'FORBIDDEN') {
    const details = { route, permission: config.access ?? null, role: principal.role }
    const { keyId: actor, tenant } = principal
    refusals.note({ actor, tenant, action: 'authz_fail', target: `${request.method} ${route}`, details, requestId })
  } else if (request.headers.authorization !== undefined) {
    const actor = `address:${addressHash(request.ip)}`
    refusals.note({ actor, tenant: null, action: 'authn_fail', target: 'api', requestId })
  }
}

/** Whose keys may call what. */
interface TenantRules {
  /** keys of other tenants may call nothing here; undefined = all may */
  readonly tenant?: string
  /** the one that runs the installation; undefined = nobody may call what is only for that */
  readonly fleetTenant?: string | undefined
}

/** What every request passes through. */
export interface RequestContextDeps extends TenantRules {
  readonly authenticate: Authenticate
  readonly audit: AuditLog
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Everything that holds for all requests: an id, an account of the time, who may pass, one line in the log.
 * Deny by default: whatever is not declared `public` needs a key with the declared permission, and a route that declares
 * none fails at start.
 */
export const addRequestContext = (
  app: FastifyInstance,
  { authenticate, audit, clock, log, ...rules }: RequestContextDeps,
  publicUrl?: string,
): void => {
  const headers = answerHeaders(publicUrl)
  app.decorateRequest('muster')
  refuseUndeclared(app)
  const refusals = createRefusals({ audit, log })
  app.addHook('onClose', () => refusals.flush())

  app.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    request.muster = { ...NO_CONTEXT, startedAt: clock.monotonic() }
    reply.header('x-request-id', request.id)
    reply.headers(headers)
    const { config } = request.routeOptions
    if (request.is404 || config.access === 'public') return done()
    authenticate(request.headers.authorization, request.ip)
      .then((principal) => {
        request.muster.principal = principal
        admit(principal, config, rules)
      })
      .then(
        () => done(),
        (error: Error) => {
          noteRefusal(refusals, request, error)
          done(error)
        },
      )
  })

  app.addHook('onSend', (request, reply, payload, done) => {
    const { serverTiming, startedAt } = request.muster
    const total = `total;dur=${(clock.monotonic() - startedAt).toFixed(1)}`
    reply.header('server-timing', serverTiming === '' ? total : `${serverTiming}, ${total}`)
    done(null, payload)
  })

  app.addHook('onResponse', (request, reply, done) => {
    const { startedAt, principal, jobId } = request.muster
    const { config, url: route } = request.routeOptions
    const ms = Math.round((clock.monotonic() - startedAt) * 10) / 10
    const facts = { requestId: request.id, method: request.method, route, status: reply.statusCode, ms }
    const level = config.quiet === true ? 'debug' : 'info'
    log[level]({ ...facts, keyId: principal?.keyId, jobId }, 'request')
    done()
  })
}
