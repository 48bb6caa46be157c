import type { Command } from 'commander'
import type { SigningKey, TrustedKey } from '../../infra/model-store/signing-keys.ts'
import type { BlobStore } from '../../infra/ports/blob-store.ts'
import type { SignedModel, SignedSet } from '../../infra/ports/model-store.ts'
import { UsageError } from '../exit-code.ts'
import { withEnvFile } from '../stack/env-file.ts'
import { stackFolder } from '../stack/folder.ts'

/** Published models as a command sees them. Nothing is cached: a person asks what is stored. */
export interface PublishedModels {
  readonly blobs: BlobStore
  readonly trusted: readonly TrustedKey[]
  list(): Promise<readonly { readonly name: string; readonly version: string }[]>
  /** @throws ModelNotFoundError, ModelUntrustedError, ModelInvalidError */
  manifest(name: string, version: string): Promise<SignedModel>
  /** every set that was published, the latest last; those that cannot be trusted are words */
  sets(): Promise<readonly (SignedSet | { readonly sequence: number; readonly problem: string })[]>
  /** the latest set; undefined before the first one. @throws as above */
  latestSet(): Promise<SignedSet | undefined>
}

/** Where models are published, on a command line. */
export interface PublishedOptions {
  readonly url?: string
  readonly keys?: string
}

/** Options that every command on published models has. */
export const withPublishedOptions = (command: Command): Command =>
  command
    .option('--url <url>', 'where models are published; MODELS_URL unless told')
    .option('--keys <file>', 'public keys that are trusted, in PEM; MODELS_PUBLIC_KEYS_FILE unless told')

type Env = Readonly<Record<string, string | undefined>>

const open = async (env: Env, { url, keys }: PublishedOptions, signer: SigningKey | undefined) => {
  const { openBlobStore } = await import('../../infra/object-storage/open-blob-store.ts')
  const { modelStorageOptions } = await import('../../infra/runtime/model-config.ts')
  const { createRepository, openManifest, openSet } = await import('../../infra/model-store/repository.ts')
  const { readTrustedKeys, trustedOf } = await import('../../infra/model-store/signing-keys.ts')
  const { ModelNotFoundError } = await import('../../infra/domain/model-errors.ts')
  const location = url ?? env.MODELS_URL
  const keyFile = keys ?? env.MODELS_PUBLIC_KEYS_FILE
  if (!location) throw new UsageError('say where models are published: --url, or MODELS_URL')
  if (!keyFile && !signer) throw new UsageError('say whose models are trusted: --keys, or MODELS_PUBLIC_KEYS_FILE')
  const trusted = [...(signer ? [trustedOf(signer)] : []), ...(keyFile ? readTrustedKeys(keyFile) : [])]
  const { store: blobs } = openBlobStore(location, modelStorageOptions(env))
  const repository = createRepository(blobs)
  const published: PublishedModels = {
    blobs,
    trusted,
    list: () => repository.list(),
    manifest: async (name, version) => openManifest(name, version, await repository.manifest(name, version), trusted),
    async sets() {
      const all = (await repository.sets()).map(async ({ key, sequence }) => {
        try {
          return openSet(await repository.set(key), trusted)
        } catch (error) {
          return { sequence, problem: (error as Error).message }
        }
      })
      return Promise.all(all)
    },
    async latestSet() {
      try {
        return openSet(await repository.latestSet(), trusted)
      } catch (error) {
        if (error instanceof ModelNotFoundError) return undefined
        throw error
      }
    },
  }
  return published
}

/**
 * Open published models for one command.
 * @param signer who publishes: his own models are trusted too
 * @throws UsageError when it is not said where they are, or whose are trusted
 */
export const withPublished = async <T>(
  program: Command,
  options: PublishedOptions,
  work: (published: PublishedModels) => Promise<T>,
  signer?: SigningKey,
): Promise<T> => {
  const env = withEnvFile(stackFolder(program.opts<{ dir?: string }>().dir).env, process.env)
  const published = await open(env, options, signer)
  try {
    return await work(published)
  } finally {
    await published.blobs.close()
  }
}

/** Read `name@version` as a person wrote it. @throws UsageError */
export const parseWanted = async (text: string): Promise<{ readonly name: string; readonly version: string }> => {
  const { parseModelName } = await import('../../infra/domain/model-version.ts')
  const parsed = parseModelName(text)
  if (!parsed) throw new UsageError(`${text} is not of the form name@1.2.3`)
  return parsed
}
