import type { FastifyInstance, FastifyRequest } from 'fastify'

/** As if no body had been announced: Node discards what arrives of it, and gives up when its time is over. */
const passOver = (request: FastifyRequest): Promise<void> => {
  Object.assign(request.headers, {
    'content-type': undefined,
    'content-length': undefined,
    'transfer-encoding': undefined,
  })
  return Promise.resolve()
}

/** A content type alone is no body. */
const passOverNothing = async (request: FastifyRequest): Promise<void> => {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers
  if (length === '0' && encoding === undefined) await passOver(request)
}

/**
 * Pass over bodies where a route describes none. Client libraries send `content-type: application/json` and nothing with
 * it, or `{}`; whether such a request to cancel a job is understood must not depend on it. Where there is no route, that
 * is what the answer says, not what is wrong with the body. Call it before any route.
 */
export const passOverBodies = (app: FastifyInstance): void => {
  app.addHook('onRequest', async (request) => {
    if (request.is404) await passOver(request)
  })
  app.addHook('onRoute', (route) => {
    const takesNone = route.schema?.body === undefined
    if (!takesNone && !route.config?.bodyOptional) return
    // Behind the route's own hooks: what they refuse by the length that was announced stays refused.
    route.onRequest = [...[route.onRequest ?? []].flat(), takesNone ? passOver : passOverNothing]
  })
}
