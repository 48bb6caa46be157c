import { ModelDamagedError } from '../domain/model-errors.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { ModelFile } from '../ports/model-store.ts'
import { type DownloadFrom, fetchPiece } from './download.ts'

/**
 * Read every byte of some files where they are stored, and keep nothing.
 * @returns the names of those that are missing or not what was signed
 * @throws UnavailableError when storage does not answer
 */
export const findDamaged = async (
  blobs: Pick<BlobStore, 'get'>,
  files: readonly ModelFile[],
): Promise<readonly string[]> => {
  const from: DownloadFrom = { blobs, isLate: () => false }
  const damaged: string[] = []
  for (const file of files) {
    try {
      for (const piece of file.pieces) await fetchPiece(from, file.file, piece)
    } catch (error) {
      if (!(error instanceof ModelDamagedError)) throw error
      damaged.push(file.file)
    }
  }
  return damaged
}
