import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { BundleRefusedError } from './errors.ts'

/** One file of an archive. Its bytes must be read to their end before the next file is asked for. */
export interface ArchiveFile {
  /** as the archive has it, with the folder all files lie in */
  readonly name: string
  readonly size: number
  readonly bytes: AsyncIterable<Buffer>
}

const BLOCK = 512
/** Fields of a header block. @source POSIX.1-2017, pax, "ustar Interchange Format" */
const FIELD = {
  name: [0, 100],
  size: [124, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 6],
  prefix: [345, 155],
}

const textOf = (header: Buffer, [offset = 0, length = 0]: readonly number[]): string => {
  const field = header.subarray(offset, offset + length)
  const end = field.indexOf(0)
  return field.subarray(0, end < 0 ? length : end).toString('latin1')
}

const octalOf = (header: Buffer, field: readonly number[]): number => {
  const text = textOf(header, field).trim()
  if (!/^[0-7]+$/.test(text)) throw new BundleRefusedError('the archive is damaged: a number in a header is none')
  return Number.parseInt(text, 8)
}

const checksumOf = (header: Buffer): number => {
  const [offset = 0, length = 0] = FIELD.checksum
  return header.reduce((sum, byte, at) => sum + (at >= offset && at < offset + length ? 0x20 : byte), 0)
}

/** @throws BundleRefusedError for all but a plain file: a link or a device is how an archive reaches outside its folder */
const readHeader = (header: Buffer): { readonly name: string; readonly size: number } => {
  if (octalOf(header, FIELD.checksum) !== checksumOf(header) || textOf(header, FIELD.magic) !== 'ustar')
    throw new BundleRefusedError('the archive is damaged, or not one that Muster made')
  const prefix = textOf(header, FIELD.prefix)
  const name = prefix === '' ? textOf(header, FIELD.name) : `${prefix}/${textOf(header, FIELD.name)}`
  if (textOf(header, FIELD.type) !== '0')
    throw new BundleRefusedError(`the archive holds ${JSON.stringify(name)}, which is no plain file`)
  return { name, size: octalOf(header, FIELD.size) }
}

/** Takes exact numbers of bytes from a stream that comes in pieces of any size. */
const openTaker = (source: AsyncIterable<Buffer>) => {
  const pieces = source[Symbol.asyncIterator]()
  let left: Buffer = Buffer.alloc(0)
  const refill = async (): Promise<boolean> => {
    try {
      const { value, done } = await pieces.next()
      if (!done) left = value
      return !done
    } catch (cause) {
      // Zlib's own words say nothing of what was read.
      if (!(cause as NodeJS.ErrnoException).code?.startsWith('Z_')) throw cause
      throw new BundleRefusedError('the archive is damaged: it does not unpack', { cause })
    }
  }
  return {
    /** up to `max` bytes; undefined at the end */
    async some(max: number): Promise<Buffer | undefined> {
      while (left.length === 0) if (!(await refill())) return undefined
      const taken = left.subarray(0, max)
      left = left.subarray(taken.length)
      return taken
    },
  }
}

type Taker = ReturnType<typeof openTaker>

async function* takeBytes(taker: Taker, count: number): AsyncGenerator<Buffer> {
  for (let left = count; left > 0; ) {
    const piece = await taker.some(left)
    if (!piece) throw new BundleRefusedError('the archive is cut short')
    left -= piece.length
    yield piece
  }
}

const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0)

/** What a reader of another kind might still take for files must not follow the end. */
const expectNothing = async (taker: Taker): Promise<void> => {
  for (let piece = await taker.some(BLOCK); piece; piece = await taker.some(BLOCK))
    if (!isBlank(piece)) throw new BundleRefusedError('the archive goes on after its end')
}

const collect = async (bytes: AsyncIterable<Buffer>): Promise<Buffer> => {
  const pieces: Buffer[] = []
  for await (const piece of bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** The whole of a small file. @throws BundleRefusedError when it is over `maxBytes` */
export const wholeOf = async (file: ArchiveFile, maxBytes: number): Promise<Buffer> => {
  if (file.size > maxBytes) throw new BundleRefusedError(`${JSON.stringify(file.name)} is too large for what it is`)
  return collect(file.bytes)
}

/**
 * The files of a `.tar.gz` in its order, read as a stream: nothing is written to disk, and of the files only what is asked
 * for is kept in memory.
 * @throws BundleRefusedError when it is damaged, cut short, or holds anything but plain files
 */
export async function* readArchive(path: string): AsyncGenerator<ArchiveFile> {
  const source = createReadStream(path)
  const unzipped = createGunzip()
  source.once('error', (error) => unzipped.destroy(error))
  const taker = openTaker(source.pipe(unzipped))
  try {
    for (;;) {
      const header = await collect(takeBytes(taker, BLOCK))
      if (isBlank(header)) return await expectNothing(taker)
      const { name, size } = readHeader(header)
      const bytes = takeBytes(taker, size)
      yield { name, size, bytes }
      if (!(await bytes.next()).done) throw new Error(`${name} was not read to its end`)
      await collect(takeBytes(taker, (BLOCK - (size % BLOCK)) % BLOCK))
    }
  } finally {
    source.destroy()
    unzipped.destroy()
  }
}
