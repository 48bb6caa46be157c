import Fastify, { type FastifyInstance } from 'fastify'
import { requestIdOf } from './request-context.ts'
import { answerBadPath, answerClientError } from './request-errors.ts'

/** What a stranger's connection may cost. Durations in ms. */
export interface ServerLimits {
  readonly keepAliveMs: number
  /** for a request to arrive whole */
  readonly requestTimeoutMs: number
  /** open connections from which on a new one is closed at once; unbounded unless told */
  readonly maxConnectionCount?: number
  /** whose word is taken for the address a request came from: addresses, networks; none unless told */
  readonly trustedProxies?: readonly string[]
}

/** Without pictures a body is a few words. */
const SMALL_BODY_BYTES = 16 * 1024
const MAX_CHECKING_MS = 5000
/** A subject of 128 characters, each of them encoded. */
const MAX_PARAM_LENGTH = 3 * 128

/** An HTTP server that bounds what it takes and answers what it cannot read. Routes come later; it does not listen. */
export const openServer = (limits: ServerLimits): FastifyInstance => {
  const { keepAliveMs, requestTimeoutMs, maxConnectionCount, trustedProxies = [] } = limits
  const app = Fastify({
    keepAliveTimeout: keepAliveMs,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    requestTimeout: requestTimeoutMs,
    // Node takes the smaller of the two timeouts for the headers, and looks for late requests twice a minute only.
    http: {
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(requestTimeoutMs, MAX_CHECKING_MS),
    },
    bodyLimit: SMALL_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // While it closes, what still arrives on open connections is served: the answer tells the caller to close them.
    return503OnClosing: false,
    genReqId: requestIdOf,
    clientErrorHandler: answerClientError,
    frameworkErrors: answerBadPath,
  })
  if (maxConnectionCount !== undefined) app.server.maxConnections = maxConnectionCount
  // Expectations that nobody knows need not be met; Node alone would answer them without a word.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  return app
}
