import { METHODS } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { RequestError } from './request-error.ts'

/** Methods by path. */
export type KnownRoutes = ReadonlyMap<string, ReadonlySet<string>>

/** Take note of every route that is added from now on. */
export const noteRoutes = (app: FastifyInstance): KnownRoutes => {
  // Methods that the framework does not know are unknown to the path too, and not the path unknown.
  for (const method of METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method)
  const routes = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    routes.set(url, new Set([...(routes.get(url) ?? []), method].flat()))
  })
  return routes
}

/** Answer 405 where a known path is asked with another method. Call it after the last route. */
export const refuseOtherMethods = (app: FastifyInstance, routes: KnownRoutes): void => {
  for (const [url, methods] of [...routes]) {
    const allow = [...methods].sort().join(', ')
    app.route({
      url,
      method: app.supportedMethods.filter((method) => !methods.has(method)),
      config: { access: 'public' },
      schema: { hide: true },
      onRequest: async () => {
        throw new RequestError('METHOD_NOT_ALLOWED', 'this path takes other methods', { headers: { allow } })
      },
      handler: async () => {},
    })
  }
}
