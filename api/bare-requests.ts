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
    if (route.schema?.body !== undefined) return
    // Behind the route's own hooks: what they refuse by the length that was announced stays refused.
    route.onRequest = [...[route.onRequest ?? []].flat(), passOver]
  })
}
