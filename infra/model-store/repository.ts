import { BlobNotFoundError } from '../domain/errors.ts'
import { ModelInvalidError, ModelNotFoundError, ModelUntrustedError } from '../domain/model-errors.ts'
import { compareVersions } from '../domain/model-version.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { ModelName, SignedModel, SignedSet } from '../ports/model-store.ts'
import { parseModelManifest, parseModelSet } from './documents.ts'
import { layout, sequenceOfKey, versionOfKey } from './layout.ts'
import { digestOfBytes, parseSignatures, type Signatures, verifySignatures } from './signatures.ts'
import type { TrustedKey } from './signing-keys.ts'

/** A document as it was found, with the signatures that were found for it. */
export interface Envelope {
  readonly bytes: Uint8Array
  readonly signatures: Signatures | undefined
}

/** A card of some kilobytes and a few digests; more is no manifest. */
const MAX_DOCUMENT_BYTES = 1024 * 1024

const versionName = ({ name, version }: ModelName): string => `${name}@${version}`

/** Verify and read a manifest. @throws ModelUntrustedError, ModelInvalidError */
export const openManifest = (
  name: string,
  version: string,
  { bytes, signatures }: Envelope,
  trusted: readonly TrustedKey[],
): SignedModel => {
  const what = versionName({ name, version })
  const signedBy = verifySignatures(what, bytes, signatures, trusted)
  const manifest = parseModelManifest(what, bytes)
  // A good signature over another version must not pass for this one.
  if (manifest.name !== name || manifest.version !== version)
    throw new ModelUntrustedError(what, `in its place lies ${versionName(manifest)}`)
  return { manifest, digest: digestOfBytes(bytes), signedBy }
}

/** Verify and read a set. @throws ModelUntrustedError, ModelInvalidError */
export const openSet = ({ bytes, signatures }: Envelope, trusted: readonly TrustedKey[]): SignedSet => {
  const what = 'the set of models'
  const signedBy = verifySignatures(what, bytes, signatures, trusted)
  return { set: parseModelSet(what, bytes), digest: digestOfBytes(bytes), signedBy }
}

/** Published models as object storage has them. Nothing is kept. */
export interface Repository {
  list(): Promise<readonly ModelName[]>
  /** @throws ModelNotFoundError */
  manifest(name: string, version: string): Promise<Envelope>
  /** keys and sequence numbers of all sets, the latest last */
  sets(): Promise<readonly { readonly key: string; readonly sequence: number }[]>
  /** the latest set. @throws ModelNotFoundError when there is none */
  latestSet(): Promise<Envelope>
  set(key: string): Promise<Envelope>
}

/** @throws what the blob store throws */
export const createRepository = (blobs: Pick<BlobStore, 'get' | 'list'>): Repository => {
  const find = (key: string): Promise<Uint8Array | undefined> =>
    blobs.get(key, MAX_DOCUMENT_BYTES).catch((error: unknown) => {
      if (error instanceof BlobNotFoundError) return undefined
      throw error
    })
  const withSignatures = async (bytes: Uint8Array): Promise<Envelope> => {
    const found = await find(layout.signatures(digestOfBytes(bytes)))
    return { bytes, signatures: found && parseSignatures(found) }
  }
  const open = async (what: string, key: string): Promise<Envelope> => {
    const bytes = await find(key)
    if (!bytes) throw new ModelNotFoundError(what)
    return withSignatures(bytes)
  }
  const sets = async () => {
    const all: { key: string; sequence: number }[] = []
    for await (const { key } of blobs.list(layout.sets)) {
      const sequence = sequenceOfKey(key)
      if (sequence !== undefined) all.push({ key, sequence })
    }
    return all.sort((a, b) => (a.key < b.key ? -1 : 1))
  }
  return {
    async list() {
      const all: ModelName[] = []
      for await (const { key } of blobs.list(layout.versions)) {
        const found = versionOfKey(key)
        if (found) all.push(found)
      }
      return all.sort((a, b) => (a.name === b.name ? compareVersions(a.version, b.version) : a.name < b.name ? -1 : 1))
    },
    manifest: (name, version) => open(versionName({ name, version }), layout.manifest(name, version)),
    sets,
    async latestSet() {
      const latest = (await sets()).at(-1)
      if (!latest) throw new ModelNotFoundError('set of models')
      const envelope = await open('set of models', latest.key)
      const named = sequenceIn(envelope.bytes)
      if (named !== latest.sequence)
        throw new ModelInvalidError('the set of models', [`set ${latest.sequence} says that it is another one`])
      return envelope
    },
    set: (key) => open('set of models', key),
  }
}

const sequenceIn = (bytes: Uint8Array): unknown => {
  try {
    return (JSON.parse(Buffer.from(bytes).toString()) as { sequence?: unknown }).sequence
  } catch {
    return undefined
  }
}
