import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { RequestError } from '../../infra/http/request-error.ts'

/** The pool a path names. */
export const PoolParams = Type.Object({ pool: Type.String({ description: 'name of the pool' }) })
export type PoolRequest = FastifyRequest<{ Params: { pool: string } }>

/** The pool of a request, where there is one of that name. @throws RequestError POOL_NOT_FOUND */
export type PoolOf = (request: PoolRequest) => string

/** Builds it. @param pools all there are */
export const createPoolOf =
  (pools: readonly string[]): PoolOf =>
  ({ params: { pool } }) => {
    if (!pools.includes(pool)) throw new RequestError('POOL_NOT_FOUND', 'no pool has this name')
    return pool
  }
