import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { RequestError } from '../../infra/http/request-error.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The path parameter of one endpoint. */
export const WebhookParams = Type.Object({ id: Type.String({ description: 'of the endpoint' }) })

/** A request about one endpoint, or one delivery. */
export type WebhookRequest = FastifyRequest<{ Params: { id: string } }>

/** @throws RequestError WEBHOOK_NOT_FOUND for what cannot be an id */
export const webhookIdOf = ({ params: { id } }: WebhookRequest): string => {
  if (!UUID.test(id)) throw new RequestError('WEBHOOK_NOT_FOUND', 'there is no such webhook endpoint')
  return id
}
