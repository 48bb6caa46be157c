import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, rename, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ModelCacheFullError } from '../domain/model-errors.ts'

/** Errors of a file system that has no room, or no more for us. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

export const codeOf = (error: unknown): string | undefined => (error as { code?: string } | undefined)?.code

/** What a write to the cache failed with, in our words. @param bytes that were to be written */
export const toCacheError = (error: unknown, bytes: number): unknown =>
  FULL.has(codeOf(error) ?? '') ? new ModelCacheFullError(bytes, error) : error

/** @throws ModelCacheFullError before a byte is fetched that could not be kept */
export const checkRoom = async (folder: string, bytes: number): Promise<void> => {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize < bytes) throw new ModelCacheFullError(bytes)
}

/** Does a file have this digest? One that cannot be read has none. */
export const hasDigest = async (path: string, digest: string): Promise<boolean> => {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), hash)
  } catch {
    return false
  }
  return `sha256:${hash.digest('hex')}` === digest
}

/**
 * Write a file whole or not at all: beside, to the disk, then into place.
 * @param incoming a folder on the same file system
 * @param bytes as many as will be written, for the error
 * @throws ModelCacheFullError when the disk is full
 */
export const writeWhole = async (
  path: string,
  incoming: string,
  bytes: number,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> => {
  const temporary = join(incoming, randomUUID())
  try {
    const file = await open(temporary, 'wx', 0o644)
    try {
      await write(file)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    const folder = await open(dirname(path), 'r')
    await folder.sync().finally(() => folder.close())
  } catch (error) {
    throw toCacheError(error, bytes)
  } finally {
    await rm(temporary, { force: true })
  }
}
