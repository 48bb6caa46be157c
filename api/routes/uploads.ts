import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { v7 as uuidv7 } from 'uuid'
import { principalOf } from '../../infra/http/request-context.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { strict, words } from '../../infra/http/schema.ts'
import type { BlobStore } from '../../infra/ports/blob-store.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { UploadGate } from '../../infra/ports/upload-gate.ts'
import { announcedBytes, type BodyBudget } from '../body-budget.ts'
import { uploadKey } from '../store-pictures.ts'

/** What the routes of uploads need. */
export interface UploadsDeps {
  readonly blobs: Pick<BlobStore, 'signUpload' | 'put'>
  /** present when the store has no HTTP endpoint of its own, so that the api takes signed uploads for it */
  readonly uploadGate: UploadGate | undefined
  readonly bodies: BodyBudget
  readonly clock: Clock
}

/** Long enough for a phone on a bad line, too short for a leaked link to be of use. */
const TTL_MS = 300_000

const PICTURE_TYPES = ['image/jpeg', 'image/png', 'image/webp'] as const

const UploadBody = strict({
  contentType: words(PICTURE_TYPES, 'of the picture to come'),
})

const PictureBody = {
  content: Object.fromEntries(
    PICTURE_TYPES.map((type) => [type, { schema: Type.Unsafe<unknown>({ description: 'the file' }) }]),
  ),
}

const SignedUpload = strict({
  uploadId: Type.String({ description: 'give it in place of the picture' }),
  url: Type.String({ description: 'where the picture goes; a secret while it lasts' }),
  method: words(['PUT', 'POST']),
  headers: Type.Record(Type.String(), Type.String(), { description: 'to be sent as they are' }),
  fields: Type.Optional(
    Type.Record(Type.String(), Type.String(), { description: 'form fields to send before the file; only with POST' }),
  ),
  expiresAt: Type.String({ format: 'date-time' }),
})

const denied = (): RequestError => new RequestError('UPLOAD_DENIED', 'the signature does not fit, or its time is over')

const addSigning = (app: FastifyInstance, { blobs }: UploadsDeps, maxBytes: number): void => {
  app.post('/v1/uploads', {
    config: { access: 'uploads:create' },
    schema: {
      operationId: 'create-upload',
      tags: ['uploads'],
      summary: 'Get a permission to upload a picture',
      description: 'The picture by-passes the checks’ request, and where the object store allows it the api too.',
      body: { content: { 'application/json': { schema: UploadBody } } },
      response: {
        201: answer('The permission', SignedUpload),
        ...problems('INVALID_REQUEST', 'MALFORMED_BODY', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'),
      },
    },
    handler: async (request, reply) => {
      const { contentType } = (request.body ?? {}) as { readonly contentType?: string }
      if (contentType === undefined) throw new RequestError('MALFORMED_BODY', 'the body is empty')
      const uploadId = uuidv7()
      const key = uploadKey(principalOf(request).tenant, uploadId)
      const { expiresAt, ...signed } = await blobs.signUpload(key, { contentType, maxBytes, ttlMs: TTL_MS })
      return reply.code(201).send({ uploadId, ...signed, expiresAt: new Date(expiresAt).toISOString() })
    },
  })
}

const textValues = (query: unknown): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(query as Record<string, unknown>).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : undefined,
    ]),
  )

const addTaking = (app: FastifyInstance, gate: UploadGate, deps: UploadsDeps, maxBytes: number): void => {
  const { blobs, bodies, clock } = deps
  const held = new WeakMap<FastifyRequest, () => void>()
  // In a scope of its own: here every body is bytes, whatever it claims to be.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    scope.put('/v1/uploads/*', {
      config: { access: 'public' },
      bodyLimit: maxBytes,
      schema: {
        operationId: 'put-upload',
        tags: ['uploads'],
        summary: 'Upload a picture',
        description: 'To the `url` of a permission and with its headers: the signature in it is the key.',
        security: [],
        body: PictureBody,
        response: {
          204: { type: 'null', description: 'Stored' },
          ...problems('UPLOAD_DENIED', 'MALFORMED_BODY', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'OVERLOADED'),
        },
      },
      // The signature is checked before the body is read.
      onRequest: async (request) => {
        if (!gate.open(textValues(request.query), clock.now())) throw denied()
        held.set(request, bodies.take(announcedBytes(request.headers, maxBytes)))
      },
      onResponse: async (request) => held.get(request)?.(),
      onRequestAbort: async (request) => held.get(request)?.(),
      handler: async (request, reply) => {
        const grant = gate.open(textValues(request.query), clock.now())
        if (!grant) throw denied()
        if (request.headers['content-type'] !== grant.contentType)
          throw new RequestError('UNSUPPORTED_MEDIA_TYPE', 'the content type is not the one that was signed')
        const bytes = request.body instanceof Uint8Array ? request.body : new Uint8Array()
        if (bytes.length === 0) throw new RequestError('MALFORMED_BODY', 'the body is empty')
        if (bytes.length > grant.maxBytes)
          throw new RequestError('BODY_TOO_LARGE', 'the file is larger than was signed')
        await blobs.put(grant.key, bytes, grant.contentType)
        return reply.code(204).send()
      },
    })
  })
}

/** Uploads that come before the check that uses them. @param maxBytes of one picture */
export const addUploads = (app: FastifyInstance, deps: UploadsDeps, maxBytes: number): void => {
  addSigning(app, deps, maxBytes)
  if (deps.uploadGate) addTaking(app, deps.uploadGate, deps, maxBytes)
}
