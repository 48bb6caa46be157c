import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ASSET_SOURCES, BUILDS, CATALOG } from './catalog.ts'
import { digestOf, digestOfFile } from './digest.ts'
import { ModelCorruptError, ModelSourceError } from './errors.ts'
import { MANIFEST_FILE, type Manifest, type ModelCard } from './manifest.ts'
import { packageFolder } from './package-folder.ts'

/** What a run did, by file name. */
export interface Prepared {
  readonly prepared: string[]
  readonly reused: string[]
}

/** Told of each file once it is there. */
export type PrepareProgress = (file: string, what: keyof Prepared) => void

interface WantedFile {
  readonly file: string
  readonly digest: string
  readonly bytes: () => Promise<Uint8Array>
}

const filesOf = (card: ModelCard): readonly WantedFile[] => {
  const folder = () => packageFolder(card.origin.package, card.origin.version)
  return [
    {
      file: card.file,
      digest: card.digest,
      bytes: async () => BUILDS[card.role](join(await folder(), card.origin.file)),
    },
    ...(card.assets ?? []).map(({ file, digest }) => ({
      file,
      digest,
      bytes: async () => {
        const source = ASSET_SOURCES[file]
        if (source === undefined) throw new ModelSourceError(card.origin.package, `has no known source for ${file}`)
        return readFile(join(await folder(), source))
      },
    })),
  ]
}

/** Whole or not at all, also for a reader that comes at the wrong moment or for a second writer. */
const writeWhole = async (path: string, bytes: Uint8Array | string): Promise<void> => {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await writeFile(temporary, bytes)
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}

const prepareFile = async (dir: string, { file, digest, bytes }: WantedFile): Promise<keyof Prepared> => {
  const path = join(dir, file)
  if (existsSync(path) && (await digestOfFile(path)) === digest) return 'reused'
  const made = await bytes()
  const actual = digestOf(made)
  if (actual !== digest)
    throw new ModelCorruptError(path, digest, actual, 'the package it is made from is damaged: run `npm ci` again')
  await writeWhole(path, made)
  return 'prepared'
}

/**
 * Fill a models directory: convert or copy every model of the catalogue, verify its digest, write the manifest. A file
 * that is there and right is left alone, so a second run only verifies; a damaged one is made again. Two runs at once are safe.
 * @param dir made when it does not exist
 * @throws ModelSourceError when a package that models are made from is not installed
 * @throws ModelConversionError, ModelCorruptError when such a package does not hold what it must
 */
export const prepareModels = async (dir: string, onProgress: PrepareProgress = () => {}): Promise<Prepared> => {
  await mkdir(dir, { recursive: true })
  const done: Prepared = { prepared: [], reused: [] }
  for (const wanted of CATALOG.flatMap(filesOf)) {
    const what = await prepareFile(dir, wanted)
    done[what].push(wanted.file)
    onProgress(wanted.file, what)
  }
  const manifest: Manifest = { schema: 1, models: [...CATALOG] }
  const text = `${JSON.stringify(manifest, undefined, 2)}\n`
  const what = await prepareFile(dir, {
    file: MANIFEST_FILE,
    digest: digestOf(Buffer.from(text)),
    bytes: async () => Buffer.from(text),
  })
  done[what].push(MANIFEST_FILE)
  onProgress(MANIFEST_FILE, what)
  return done
}
