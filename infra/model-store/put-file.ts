import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { BlobStore } from '../ports/blob-store.ts'
import type { ModelFile, ModelPiece } from '../ports/model-store.ts'
import { PIECE_BYTES } from './documents.ts'
import { layout } from './layout.ts'
import { digestOfBytes } from './signatures.ts'

const BYTES_TYPE = 'application/octet-stream'

/** Puts bytes unless they are there already, whole. Answers how many were sent. */
export type Put = (key: string, bytes: Uint8Array) => Promise<number>

/** What lies there is read, not trusted by its length: so publishing again mends what was damaged. */
export const createPut = (blobs: Pick<BlobStore, 'head' | 'get' | 'put'>): Put => {
  const isThere = async (key: string, bytes: Uint8Array): Promise<boolean> => {
    if ((await blobs.head(key).catch(() => undefined))?.bytes !== bytes.length) return false
    const found = await blobs.get(key, bytes.length).catch(() => undefined)
    return found !== undefined && Buffer.compare(found, bytes) === 0
  }
  return async (key, bytes) => {
    if (await isThere(key, bytes)) return 0
    await blobs.put(key, bytes, BYTES_TYPE)
    return bytes.length
  }
}

/** Cut a file into pieces and put each; nothing but one piece is in memory. */
export const putFile = async (
  file: string,
  path: string,
  put: Put,
): Promise<{ file: ModelFile; sentBytes: number }> => {
  const whole = createHash('sha256')
  const pieces: ModelPiece[] = []
  let [bytes, sentBytes] = [0, 0]
  const source = await open(path, 'r')
  try {
    for (;;) {
      const buffer = Buffer.alloc(PIECE_BYTES)
      let length = 0
      while (length < PIECE_BYTES) {
        const { bytesRead } = await source.read(buffer, length, PIECE_BYTES - length)
        if (bytesRead === 0) break
        length += bytesRead
      }
      if (length === 0 && pieces.length > 0) break
      const piece = buffer.subarray(0, length)
      whole.update(piece)
      const digest = digestOfBytes(piece)
      sentBytes += await put(layout.piece(digest), piece)
      pieces.push({ digest, bytes: length })
      bytes += length
      if (length < PIECE_BYTES) break
    }
  } finally {
    await source.close()
  }
  return { file: { file, digest: `sha256:${whole.digest('hex')}`, bytes, pieces }, sentBytes }
}
