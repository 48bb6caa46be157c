import { addAbortSignal, type Readable } from 'node:stream'
import { BlobTooLargeError, UnavailableError } from '../domain/errors.ts'
import { SERVICE } from './bounded.ts'

/** What is known of an object before its bytes arrive. */
export interface Announced {
  readonly key: string
  /** bytes the server promised; undefined when it promised nothing */
  readonly bytes: number | undefined
  readonly maxBytes: number
}

/**
 * Collect a stream to its announced end. A stream that ends early or runs over is an error, never short data.
 * @returns a buffer of its own, which may be transferred to another thread
 * @throws BlobTooLargeError before more than `maxBytes` are held
 * @throws UnavailableError when fewer or more bytes came than announced
 */
export const readWhole = async (stream: Readable, announced: Announced, signal: AbortSignal): Promise<Uint8Array> => {
  const { key, bytes, maxBytes } = announced
  addAbortSignal(signal, stream)
  const parts: Uint8Array[] = []
  let readCount = 0
  try {
    if ((bytes ?? 0) > maxBytes) throw new BlobTooLargeError(key)
    for await (const part of stream as AsyncIterable<Uint8Array>) {
      readCount += part.length
      if (readCount > maxBytes) throw new BlobTooLargeError(key)
      parts.push(part)
    }
  } finally {
    stream.destroy()
  }
  if (bytes !== undefined && readCount !== bytes)
    throw new UnavailableError(SERVICE, new Error(`${readCount} of ${bytes} bytes arrived`))
  const whole = new Uint8Array(readCount)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
