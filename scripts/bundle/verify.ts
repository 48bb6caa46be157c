import { createHash, type KeyObject } from 'node:crypto'
import { type ArchiveFile, readArchive, wholeOf } from './archive.ts'
import { BundleRefusedError } from './errors.ts'
import {
  type BundleManifest,
  differenceOf,
  isBundlePath,
  MANIFEST_FILE,
  parseManifest,
  SIGNATURE_FILE,
} from './manifest.ts'
import { verifySignature } from './signature.ts'

/** Twenty times what it has today. */
const MANIFEST_MAX_BYTES = 64 * 1024 * 1024
const SIGNATURE_MAX_BYTES = 64

/** The path inside the one folder that all files of an archive lie in. */
const inside = (name: string, folder: string): string => {
  if (!name.startsWith(`${folder}/`))
    throw new BundleRefusedError(`${JSON.stringify(name)} lies outside the bundle's folder`)
  return name.slice(folder.length + 1)
}

const digestOf = async (file: ArchiveFile): Promise<string> => {
  const hash = createHash('sha256')
  for await (const piece of file.bytes) hash.update(piece)
  return hash.digest('hex')
}

const takeFirst = async (files: AsyncGenerator<ArchiveFile>, path: string, maxBytes: number) => {
  const { value: file, done } = await files.next()
  const [folder = ''] = done ? [] : file.name.split('/')
  // With `..` or nothing in its place it would unpack beside where people expect it.
  if (done || !isBundlePath(folder) || file.name !== `${folder}/${path}`)
    throw new BundleRefusedError(`${path} is not where Muster puts it in an archive`)
  return { folder, bytes: await wholeOf(file, maxBytes) }
}

/**
 * Check a bundle without unpacking it: first the signature over the manifest, and only then, against the manifest, every
 * file; not one may be missing, changed, added, there twice, or anything but a plain file inside the bundle's folder.
 * @returns the manifest, which may now be believed
 * @throws BundleRefusedError with the first thing that is wrong
 */
export const verifyArchive = async (path: string, publicKey: KeyObject): Promise<BundleManifest> => {
  const files = readArchive(path)
  try {
    const { folder, bytes: text } = await takeFirst(files, MANIFEST_FILE, MANIFEST_MAX_BYTES)
    const { folder: beside, bytes: signature } = await takeFirst(files, SIGNATURE_FILE, SIGNATURE_MAX_BYTES)
    if (beside !== folder) throw new BundleRefusedError(`${SIGNATURE_FILE} is not where Muster puts it in an archive`)
    verifySignature(text, signature, publicKey)
    const manifest = parseManifest(text.toString('utf8'))
    const expected = new Map(manifest.files.map((file) => [file.path, file]))
    for await (const file of files) {
      const found = { path: inside(file.name, folder), size: file.size, sha256: await digestOf(file) }
      const difference = differenceOf(expected.get(found.path), found)
      if (difference) throw new BundleRefusedError(difference)
      // Gone from the list, so that the same file a second time is one too many.
      expected.delete(found.path)
    }
    const [missing] = expected.keys()
    if (missing !== undefined) throw new BundleRefusedError(`${missing} is missing`)
    return manifest
  } finally {
    await files.return(undefined)
  }
}
