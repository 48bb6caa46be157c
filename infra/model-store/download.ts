import { createHash } from 'node:crypto'
import { BlobNotFoundError, BlobTooLargeError, STORAGE_SERVICE, UnavailableError } from '../domain/errors.ts'
import { ModelDamagedError } from '../domain/model-errors.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { ModelFile } from '../ports/model-store.ts'
import { checkRoom, writeWhole } from './cache-disk.ts'
import { layout } from './layout.ts'
import { digestOfBytes } from './signatures.ts'

/** Where files are fetched from, and until when. */
export interface DownloadFrom {
  readonly blobs: Pick<BlobStore, 'get'>
  /** has the time for all of it run out? */
  readonly isLate: () => boolean
}

/** One piece, verified. @throws ModelDamagedError, UnavailableError */
export const fetchPiece = async (
  { blobs, isLate }: DownloadFrom,
  file: string,
  { digest, bytes }: ModelFile['pieces'][number],
): Promise<Uint8Array> => {
  if (isLate()) throw new UnavailableError(STORAGE_SERVICE, new Error('the models did not arrive in time'))
  const piece = await blobs.get(layout.piece(digest), bytes).catch((error: unknown) => {
    if (error instanceof BlobNotFoundError || error instanceof BlobTooLargeError) throw new ModelDamagedError(file)
    throw error
  })
  if (digestOfBytes(piece) !== digest) throw new ModelDamagedError(file)
  return piece
}

/**
 * Fetch a file piece by piece onto the disk; only one piece is in memory. The file appears whole and verified, or not at
 * all.
 * @throws ModelDamagedError, ModelCacheFullError, UnavailableError
 */
export const download = async (
  from: DownloadFrom,
  { file, digest, bytes, pieces }: ModelFile,
  path: string,
  incoming: string,
): Promise<void> => {
  await checkRoom(incoming, bytes)
  await writeWhole(path, incoming, bytes, async (target) => {
    const whole = createHash('sha256')
    for (const piece of pieces) {
      const part = await fetchPiece(from, file, piece)
      whole.update(part)
      await target.writeFile(part)
    }
    if (`sha256:${whole.digest('hex')}` !== digest) throw new ModelDamagedError(file)
  })
}
