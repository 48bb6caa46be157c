import { parseModelName } from '../domain/model-version.ts'
import { hexOf } from './signatures.ts'

/** Everything of models lies below this, so that it may share a bucket with pictures. */
const ROOT = 'models'
/** Digits of a sequence number in a key: keys sort as numbers do. */
const SEQUENCE_DIGITS = 10
const SHORT_DIGEST_LENGTH = 16

/** Keys of object storage, and what they mean. */
export const layout = {
  versions: `${ROOT}/versions/`,
  sets: `${ROOT}/sets/`,
  pieces: `${ROOT}/pieces/`,
  manifest: (name: string, version: string): string => `${ROOT}/versions/${name}/${version}/manifest.json`,
  piece: (digest: string): string => `${ROOT}/pieces/${hexOf(digest)}`,
  /** of the document with this digest: found by what was signed, so a document and a signature never get mixed up */
  signatures: (digest: string): string => `${ROOT}/signatures/${hexOf(digest)}.json`,
  set: (sequence: number, digest: string): string =>
    `${ROOT}/sets/${String(sequence).padStart(SEQUENCE_DIGITS, '0')}-${hexOf(digest).slice(0, SHORT_DIGEST_LENGTH)}.json`,
} as const

const MANIFEST_KEY = /^models\/versions\/([^/]+)\/([^/]+)\/manifest\.json$/
const SET_KEY = /^models\/sets\/(\d{10})-[0-9a-f]{16}\.json$/

/** The version that a manifest's key names; undefined for any other key. */
export const versionOfKey = (key: string): { readonly name: string; readonly version: string } | undefined => {
  const [, name, version] = MANIFEST_KEY.exec(key) ?? []
  return name !== undefined && version !== undefined ? parseModelName(`${name}@${version}`) : undefined
}

/** The sequence number that a set's key names; undefined for any other key. */
export const sequenceOfKey = (key: string): number | undefined => {
  const [, sequence] = SET_KEY.exec(key) ?? []
  return sequence === undefined ? undefined : Number(sequence)
}
