import type { FastifyInstance, FastifyReply } from 'fastify'
import Type from 'typebox'
import { principalOf } from '../../infra/http/request-context.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { nullable, strict, words } from '../../infra/http/schema.ts'
import type { Erasure, ErasureStore } from '../../infra/ports/erasure-store.ts'

/** Housekeeping takes an open erasure up again after this long (s). */
const RETRY_AFTER_SECONDS = 30
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const Receipt = strict({
  id: Type.String({ description: 'of the erasure' }),
  state: words(
    ['open', 'completed'],
    '`open`: the rows have forgotten everything or are about to, but something may still lie in storage; it is tried until it is gone',
  ),
  requestedAt: Type.String({ format: 'date-time' }),
  completedAt: nullable(Type.String({ format: 'date-time' })),
  jobs: Type.Integer({ minimum: 0, description: 'that were erased' }),
  pictures: Type.Integer({ minimum: 0, description: 'that were deleted' }),
  held: Type.Integer({ minimum: 0, description: 'jobs that a legal hold keeps; they are erased when it is lifted' }),
})

/** The receipt of an erasure, as answers name it. */
export const ReceiptSchema = Receipt

/** Headers that say where the receipt is. */
export const RECEIPT_HEADERS = {
  location: Type.String({ description: 'the receipt' }),
  'retry-after': Type.String({ description: 'seconds until it is worth looking at; absent once it is completed' }),
}

const toReceipt = ({ id, requestedAt, completedAt, jobCount, pictureCount, heldCount }: Erasure) => ({
  id,
  state: completedAt === null ? 'open' : 'completed',
  requestedAt: new Date(requestedAt).toISOString(),
  completedAt: completedAt === null ? null : new Date(completedAt).toISOString(),
  jobs: jobCount,
  pictures: pictureCount,
  held: heldCount,
})

/**
 * Answer an erasure: 202 while something may still be there.
 * @param completedStatus 204 has no body
 * @throws RequestError LEGAL_HOLD when some of it is held; the receipt says when it is gone
 */
export const sendReceipt = (reply: FastifyReply, erasure: Erasure, completedStatus: 200 | 204): FastifyReply => {
  const location = `/v1/erasures/${erasure.id}`
  if (erasure.heldCount > 0)
    throw new RequestError('LEGAL_HOLD', 'a legal hold keeps it; it is erased when that is lifted', {
      headers: { location },
    })
  reply.header('location', location)
  if (erasure.completedAt === null)
    return reply.code(202).header('retry-after', String(RETRY_AFTER_SECONDS)).send(toReceipt(erasure))
  return completedStatus === 204 ? reply.code(204).send() : reply.code(200).send(toReceipt(erasure))
}

/** Look at the receipt of an erasure. */
export const addErasures = (app: FastifyInstance, { erasures }: { readonly erasures: Pick<ErasureStore, 'find'> }) => {
  app.get<{ Params: { id: string } }>('/v1/erasures/:id', {
    config: { access: 'erasures:read' },
    schema: {
      operationId: 'get-erasure',
      tags: ['erasures'],
      summary: 'Look at the receipt of an erasure',
      params: Type.Object({ id: Type.String({ description: 'of the erasure' }) }),
      response: { 200: answer('The receipt', Receipt), ...problems('ERASURE_NOT_FOUND') },
    },
    handler: async (request, reply) => {
      const { id } = request.params
      const erasure = UUID.test(id) ? await erasures.find(principalOf(request).tenant, id) : undefined
      if (!erasure) throw new RequestError('ERASURE_NOT_FOUND', 'there is no such erasure')
      return reply.send(toReceipt(erasure))
    },
  })
}
