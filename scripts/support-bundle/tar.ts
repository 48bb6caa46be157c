import { gzipSync } from 'node:zlib'

/** One file of an archive. */
export interface TarFile {
  readonly path: string
  readonly body: Uint8Array
}

const BLOCK_BYTES = 512
const NAME_BYTES = 100

const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`

/** @source POSIX.1-1988, ustar header */
const headerOf = ({ path, body }: TarFile, seconds: number): Buffer => {
  if (Buffer.byteLength(path) > NAME_BYTES) throw new RangeError(`${path} is too long a name for the archive`)
  const header = Buffer.alloc(BLOCK_BYTES)
  header.write(path, 0)
  header.write(octal(0o600, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(body.length, 12), 124)
  header.write(octal(seconds, 12), 136)
  header.write(' '.repeat(8), 148)
  header.write('0', 156)
  header.write('ustar\0', 257)
  header.write('00', 263)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

const padded = (body: Uint8Array): Buffer => {
  const rest = body.length % BLOCK_BYTES
  return Buffer.concat([body, Buffer.alloc(rest === 0 ? 0 : BLOCK_BYTES - rest)])
}

/** Files as one compressed tar archive. Pure. @param now epoch ms */
export const tarOf = (files: readonly TarFile[], now: number): Uint8Array => {
  const seconds = Math.floor(now / 1000)
  const entries = files.flatMap((file) => [headerOf(file, seconds), padded(file.body)])
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(2 * BLOCK_BYTES)]))
}
