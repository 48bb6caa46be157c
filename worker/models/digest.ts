import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { ModelMissingError } from './errors.ts'

/** `sha256:<hex>` of bytes at hand. */
export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** `sha256:<hex>` of a file, read in pieces. @throws ModelMissingError when it cannot be read */
export const digestOfFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), hash)
  } catch (error) {
    throw new ModelMissingError(path, error)
  }
  return `sha256:${hash.digest('hex')}`
}
