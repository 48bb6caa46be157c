import type { FastifyReply } from 'fastify'

/**
 * A signal that aborts when the caller has gone without an answer. Of the answer, not the request: a request `close`s
 * already when its body has been read.
 */
export const goneSignal = ({ raw }: FastifyReply): AbortSignal => {
  const gone = new AbortController()
  // He may have gone while his pictures were stored: that `close` does not come again.
  if (raw.destroyed) gone.abort()
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort()
  })
  return gone.signal
}
