import { isDeepStrictEqual } from 'node:util'
import { ModelExistsError, ModelInvalidError, ModelNotFoundError } from '../domain/model-errors.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { Clock } from '../ports/clock.ts'
import type { ModelManifest, ModelSet, RoleFilled, SignedSet } from '../ports/model-store.ts'
import { documentBytes, parseModelManifest, parseModelSet } from './documents.ts'
import { layout } from './layout.ts'
import { createPut, putFile } from './put-file.ts'
import { createRepository, type Envelope, openSet } from './repository.ts'
import { addSignature, digestOfBytes } from './signatures.ts'
import { type SigningKey, type TrustedKey, trustedOf } from './signing-keys.ts'

/** A version to publish. */
export interface ModelDraft extends Pick<ModelManifest, 'name' | 'version' | 'role' | 'card'> {
  /** by the name each is to have beside the others: the path of its bytes */
  readonly files: readonly { readonly file: string; readonly path: string }[]
}

/** What publishing did. */
export interface Published {
  readonly manifest: ModelManifest
  readonly digest: string
  /** it was there already, with the same bytes: only what was missing or damaged was sent */
  readonly known: boolean
  readonly sentBytes: number
}

/** Publishes models, signed. Needs the right to write where workers only read. */
export interface ModelPublisher {
  /** @throws ModelExistsError when the version is there with other bytes */
  publish(draft: ModelDraft): Promise<Published>
  /**
   * Publish the next set.
   * @param roles all of its roles; what is not named is not filled
   * @throws ModelInvalidError when somebody else published one at the same moment
   */
  publishSet(roles: readonly RoleFilled[], note?: string): Promise<SignedSet>
}

const JSON_TYPE = 'application/json'
const THE_SET = 'the set of models'

/** Two manifests of the same version: all the same but for when they were made. */
const isSameModel = ({ publishedAt: _, ...a }: ModelManifest, { publishedAt: __, ...b }: ModelManifest): boolean =>
  isDeepStrictEqual(a, b)

const unlessMissing = (error: unknown): undefined => {
  if (error instanceof ModelNotFoundError) return undefined
  throw error
}

/**
 * @param key signs what is published
 * @param trusted whose sets may be followed by a new one, besides the key's own
 */
export const createModelPublisher = (
  { blobs, clock }: { readonly blobs: BlobStore; readonly clock: Clock },
  key: SigningKey,
  trusted: readonly TrustedKey[] = [],
): ModelPublisher => {
  const repository = createRepository(blobs)
  const put = createPut(blobs)
  const nowText = (): string => new Date(clock.now()).toISOString()

  const sign = async ({ bytes, signatures }: Envelope): Promise<void> => {
    const document = addSignature(bytes, key, signatures)
    await blobs.put(layout.signatures(digestOfBytes(bytes)), Buffer.from(`${JSON.stringify(document)}\n`), JSON_TYPE)
  }
  const send = async ({ files, ...draft }: ModelDraft): Promise<{ manifest: ModelManifest; sentBytes: number }> => {
    const sent = []
    for (const { file, path } of files) sent.push(await putFile(file, path, put))
    const sentBytes = sent.reduce((sum, { sentBytes: some }) => sum + some, 0)
    return {
      manifest: { schema: 1, ...draft, files: sent.map(({ file }) => file), publishedAt: nowText() },
      sentBytes,
    }
  }
  /** What lies there under that name must be what we have. */
  const compare = async (ours: ModelManifest): Promise<{ manifest: ModelManifest; envelope: Envelope } | undefined> => {
    const what = `${ours.name}@${ours.version}`
    const envelope = await repository.manifest(ours.name, ours.version).catch(unlessMissing)
    if (!envelope) return undefined
    const manifest = parseModelManifest(what, envelope.bytes)
    if (!isSameModel(manifest, ours)) throw new ModelExistsError(what)
    return { manifest, envelope }
  }

  return {
    async publish(draft) {
      const { manifest, sentBytes } = await send(draft)
      const bytes = documentBytes(manifest)
      // As it will be read: what JSON does not carry must not be missed later.
      const ours = parseModelManifest(`${draft.name}@${draft.version}`, bytes)
      const before = await compare(ours)
      if (before) {
        await sign(before.envelope)
        return { manifest: before.manifest, digest: digestOfBytes(before.envelope.bytes), known: true, sentBytes }
      }
      // The manifest comes last: whoever finds it finds all that it names.
      await sign({ bytes, signatures: undefined })
      await blobs.put(layout.manifest(ours.name, ours.version), bytes, JSON_TYPE)
      // Two may publish at once, and the store keeps what came last.
      const there = await compare(ours)
      const kept = there?.envelope.bytes ?? bytes
      return { manifest: there?.manifest ?? ours, digest: digestOfBytes(kept), known: false, sentBytes }
    },

    async publishSet(roles, note) {
      const before = await repository.latestSet().catch(unlessMissing)
      const known = before && openSet(before, [trustedOf(key), ...trusted])
      const sequence = (known?.set.sequence ?? 0) + 1
      const sorted = roles.toSorted((a, b) => (a.role < b.role ? -1 : 1))
      const set: ModelSet = { schema: 1, sequence, roles: sorted, createdAt: nowText(), ...(note && { note }) }
      const bytes = documentBytes(set)
      parseModelSet(THE_SET, bytes)
      const digest = digestOfBytes(bytes)
      await sign({ bytes, signatures: undefined })
      await blobs.put(layout.set(sequence, digest), bytes, JSON_TYPE)
      const rivals = (await repository.sets()).filter((found) => found.sequence === sequence)
      if (rivals.length > 1) {
        const said = `somebody else published set ${sequence} at the same moment: look at it, then publish another one`
        throw new ModelInvalidError(THE_SET, [said])
      }
      return { set, digest, signedBy: [key.id] }
    },
  }
}
