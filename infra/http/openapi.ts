import { createHash } from 'node:crypto'
import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import reference from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import { ProblemSchema } from './problem.ts'
import { PROBLEM_ID } from './responses.ts'

/** What the document says of the program as a whole. */
export interface DocumentWords {
  readonly title: string
  readonly description: string
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  /** calls that the program itself makes */
  readonly webhooks?: Extract<FastifyDynamicSwaggerOptions['openapi'], { webhooks?: unknown }>['webhooks']
  readonly version: string
  /** undefined = wherever the document came from */
  readonly publicUrl?: string | undefined
}

/** Collect the routes' schemas, and serve them as `/openapi.json`; register before any route. */
export const addOpenApi = async (app: FastifyInstance, words: DocumentWords): Promise<void> => {
  const { title, description, tags, webhooks, version, publicUrl } = words
  const bodyOptional = new Set<string>()
  app.addSchema({ ...ProblemSchema, $id: PROBLEM_ID })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, version, description, license: { name: 'MIT', identifier: 'MIT' } },
      servers: [{ url: publicUrl ?? '/' }],
      tags: [...tags],
      ...(webhooks && { webhooks }),
      security: [{ key: [] }],
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'an API key: `muster_live_...`' },
        },
      },
    },
    // The permission a call needs, where a reader of the document looks for it.
    transform: ({ schema, url, route }) => {
      const { access } = route.config ?? {}
      if (route.config?.bodyOptional && schema.operationId) bodyOptional.add(schema.operationId)
      const needed = access === undefined || access === 'public' ? {} : { security: [{ key: [access] }] }
      return { schema: { ...schema, ...needed }, url }
    },
    // The plugin calls every body required.
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject
      for (const path of Object.values(document.openapiObject.paths ?? {})) {
        const { operationId = '', requestBody } = (path && 'post' in path && path.post) || {}
        if (requestBody && 'content' in requestBody) requestBody.required = !bodyOptional.has(operationId)
      }
      return document.openapiObject
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) =>
        typeof json.$id === 'string' ? json.$id : `def-${index}`,
    },
  })
  let text: string | undefined
  app.get('/openapi.json', {
    config: { access: 'public' },
    schema: { hide: true },
    handler: async (_request, reply) => {
      text ??= JSON.stringify(app.swagger())
      return reply.type('application/json; charset=utf-8').send(text)
    },
  })
}

const INLINE_SCRIPT = /<script type="text\/javascript">([\s\S]*?)<\/script>/

/**
 * What the page may load: itself. The page's script knows addresses of fonts, a proxy and a company's services; whatever
 * it tries, a browser held to this policy reaches this host alone, as a site without internet needs it.
 * @source W3C Content Security Policy Level 3
 */
const policyFor = (html: string): string => {
  const script = INLINE_SCRIPT.exec(html)?.[1] ?? ''
  const hash = createHash('sha256').update(script).digest('base64')
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** Serve the documentation for people under `/docs`, from this process alone. */
export const addDocs = async (app: FastifyInstance, pageTitle: string): Promise<void> => {
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' }
    })
    scope.addHook('onSend', async (_request, reply, payload) => {
      const html = String(reply.getHeader('content-type')).startsWith('text/html') && typeof payload === 'string'
      if (html) reply.header('content-security-policy', policyFor(payload))
      return payload
    })
    await scope.register(reference, {
      routePrefix: '/docs',
      configuration: {
        url: '../openapi.json',
        pageTitle,
        withDefaultFonts: false,
        telemetry: false,
        proxyUrl: '',
        hideClientButton: true,
        showDeveloperTools: 'never',
        persistAuth: false,
        agent: { disabled: true },
        mcp: { disabled: true },
      },
    })
  })
}
