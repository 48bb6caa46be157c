import { InvalidKeyError } from '../domain/errors.ts'

/** S3 allows 1,024 bytes and GCS 1,024; the rest is room for what a driver puts around the key. */
const MAX_KEY_LENGTH = 900
/** File systems allow 255 bytes a name; the rest is room for the suffix the fs driver adds. */
const SEGMENT = /^[A-Za-z0-9._-]{1,200}$/
const PARTIAL_SEGMENT = /^[A-Za-z0-9._-]{0,200}$/

const isSegment = (text: string): boolean => SEGMENT.test(text) && text !== '.' && text !== '..'

/**
 * Let a key pass or refuse it, before any server sees it.
 * @returns the key's segments
 * @throws InvalidKeyError
 */
export const keySegments = (key: string): readonly string[] => {
  const segments = key.split('/')
  if (key.length > MAX_KEY_LENGTH || !segments.every(isSegment)) throw new InvalidKeyError()
  return segments
}

/**
 * Let a list prefix pass or refuse it: anything an allowed key can begin with, and `''`.
 * @returns the whole segments of the prefix, and the beginning of the next one
 * @throws InvalidKeyError
 */
export const prefixSegments = (prefix: string): { readonly whole: readonly string[]; readonly partial: string } => {
  const whole = prefix.split('/')
  const partial = whole.pop() ?? ''
  if (prefix.length > MAX_KEY_LENGTH || !whole.every(isSegment) || !PARTIAL_SEGMENT.test(partial))
    throw new InvalidKeyError()
  return { whole, partial }
}
