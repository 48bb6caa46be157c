import compress from '@fastify/compress'
import type { FastifyInstance } from 'fastify'

/** What fits into two packets arrives no sooner for being smaller (bytes). */
const THRESHOLD_BYTES = 2_048

/**
 * Compress long answers for whoever takes them so: a list of 400 machines is a megabyte, asked for every few seconds over
 * somebody's VPN. Call it before any route. A stream of events stays as it is, and so does what has an encoding already; bodies
 * that come in compressed are taken by no route. No answer holds a secret beside words of a stranger, whose length could tell it.
 * @source RFC 9110 8.4
 */
export const compressAnswers = async (app: FastifyInstance): Promise<void> => {
  await app.register(compress, { encodings: ['gzip'], threshold: THRESHOLD_BYTES, globalDecompression: false })
}
