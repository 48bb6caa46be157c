import type { Dirent } from 'node:fs'
import { lstat, mkdir, open, readdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { StorageDeniedError } from '../domain/errors.ts'

/** Not in the alphabet of keys, so the object `a` and the folder of `a/b` never meet. */
const OBJECT_SUFFIX = '+'

/** Where files lie until they are whole; the name is outside the alphabet of keys too. */
export const INCOMING = '+incoming'

/** The name of an object's file, from the last segment of its key. */
export const objectName = (segment: string): string => segment + OBJECT_SUFFIX

const errorCode = (error: unknown): unknown => (error as { code?: unknown })?.code

/** Is this the file system saying that something is not there? */
export const isMissing = (error: unknown): boolean => errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR'

/** Make an entry of a directory durable: a rename survives a power cut only when its directory was synced. */
export const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

const makeDirectory = async (parent: string, path: string): Promise<void> => {
  try {
    await mkdir(path, 0o700)
    await syncDirectory(parent)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
}

/**
 * Go down from the root, one real directory at a time: a symbolic link on the way could lead anywhere.
 * @param create make what is missing
 * @throws StorageDeniedError at anything that is not a directory
 */
export const descend = async (root: string, segments: readonly string[], create: boolean): Promise<string> => {
  let path = root
  for (const segment of segments) {
    const parent = path
    path = join(parent, segment)
    if (create) await makeDirectory(parent, path)
    if (!(await lstat(path)).isDirectory())
      throw new StorageDeniedError(new Error('a folder of the store is no folder'))
  }
  return path
}

/** Remove directories that have become empty, from the deepest up to but not including the root. */
export const pruneEmpty = async (root: string, segments: readonly string[]): Promise<void> => {
  for (let depth = segments.length; depth > 0; depth -= 1) {
    try {
      await rmdir(join(root, ...segments.slice(0, depth)))
    } catch {
      return // not empty, or somebody else was faster
    }
  }
}

interface Entry {
  /** as it stands in keys: a directory's ends in a slash, because its children's keys go on there */
  readonly name: string
  readonly file: boolean
}

const toEntry = (entry: Dirent): Entry[] => {
  if (entry.isDirectory() && entry.name !== INCOMING) return [{ name: `${entry.name}/`, file: false }]
  if (!entry.isFile() || !entry.name.endsWith(OBJECT_SUFFIX)) return []
  return [{ name: entry.name.slice(0, -OBJECT_SUFFIX.length), file: true }]
}

const readEntries = async (path: string): Promise<readonly Entry[]> => {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.flatMap(toEntry).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    if (isMissing(error)) return [] // removed while we walked
    throw error
  }
}

async function* walk(path: string, below: string, partial: string): AsyncGenerator<string> {
  for (const { name, file } of await readEntries(path)) {
    if (!name.startsWith(partial)) continue
    if (file) yield below + name
    else yield* walk(join(path, name), below + name, '')
  }
}

/**
 * Keys of the objects under a prefix, in key order. Holds one directory's names at a time for each level.
 * @param prefix its whole segments, and the beginning of the next one
 */
export async function* walkKeys(
  root: string,
  { whole, partial }: { readonly whole: readonly string[]; readonly partial: string },
): AsyncGenerator<string> {
  try {
    await descend(root, whole, false)
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  yield* walk(join(root, ...whole), whole.map((segment) => `${segment}/`).join(''), partial)
}
