import type { FastifyRequest } from 'fastify'
import { OTHER_SDK } from '../../infra/domain/drift-signals.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { parsePrefer, type Waiting, waitingFor } from '../prefer.ts'
import { IDEMPOTENCY_KEY } from './check-schema.ts'

const KEY = new RegExp(IDEMPOTENCY_KEY)
/** Version 00 only: another version is another format. @source W3C Trace Context */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** Two figures a part at most: whoever makes versions up must not make up many. */
const SDK = /^js\/(\d{1,2})\.(\d{1,2})\.\d{1,5}(?:-[0-9A-Za-z.-]{1,40})?$/

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

/** The SDK that sent the request, as `js 1.2`, or `other` where it says something else; undefined = it does not say. */
export const sdkOf = ({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined => {
  const said = headers['x-muster-sdk']
  if (said === undefined) return undefined
  const [, major, minor] = SDK.exec(String(said)) ?? []
  return major === undefined ? OTHER_SDK : `js ${Number(major)}.${Number(minor)}`
}

/** How the request wants to be served. */
export const waitingOf = ({ headers }: Pick<FastifyRequest, 'headers'>): Waiting => {
  const { prefer } = headers
  return waitingFor(parsePrefer(typeof prefer === 'string' ? prefer : undefined))
}
