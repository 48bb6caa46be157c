import type { FastifyRequest } from 'fastify'
import { RequestError } from '../../infra/http/request-error.ts'
import { parsePrefer, type Waiting, waitingFor } from '../prefer.ts'
import { IDEMPOTENCY_KEY } from './check-schema.ts'

const KEY = new RegExp(IDEMPOTENCY_KEY)
/** Version 00 only: another version is another format. @source W3C Trace Context */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** @throws RequestError IDEMPOTENCY_KEY_INVALID */
export const idempotencyKeyOf = ({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined => {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && KEY.test(key)) return key
  throw new RequestError('IDEMPOTENCY_KEY_INVALID', 'the idempotency key is not valid', {
    faults: [{ pointer: 'idempotency-key', detail: 'must be 1 to 255 visible ASCII characters' }],
  })
}

/** The caller's trace; one that nobody can read is none. */
export const traceparentOf = ({ headers: { traceparent } }: Pick<FastifyRequest, 'headers'>): string | undefined =>
  typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : undefined

/** How the request wants to be served. */
export const waitingOf = ({ headers }: Pick<FastifyRequest, 'headers'>): Waiting => {
  const { prefer } = headers
  return waitingFor(parsePrefer(typeof prefer === 'string' ? prefer : undefined))
}
