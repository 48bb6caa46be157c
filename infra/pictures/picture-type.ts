/** The kinds of picture Muster accepts. */
export type PictureType = 'image/jpeg' | 'image/png' | 'image/webp'

const JPEG = [0xff, 0xd8, 0xff]
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const RIFF = [0x52, 0x49, 0x46, 0x46]
const WEBP = [0x57, 0x45, 0x42, 0x50]

const has = (bytes: Uint8Array, magic: readonly number[], offset = 0): boolean =>
  magic.every((byte, index) => bytes[offset + index] === byte)

/** What a file says it is by its first bytes; undefined for anything that is not accepted. */
export const sniffPictureType = (bytes: Uint8Array): PictureType | undefined => {
  if (has(bytes, JPEG)) return 'image/jpeg'
  if (has(bytes, PNG)) return 'image/png'
  if (has(bytes, RIFF) && has(bytes, WEBP, 8)) return 'image/webp'
  return undefined
}

/** Names callers use for "I do not know": they claim nothing, so nothing can contradict them. */
const NO_CLAIM: ReadonlySet<string> = new Set(['', 'application/octet-stream', 'binary/octet-stream'])

/**
 * Does a declared content type fit what was found? Parameters and case do not count, `image/jpg` means `image/jpeg`,
 * and a type that only says "bytes" fits everything.
 */
export const claimFits = (declared: string | undefined, found: PictureType): boolean => {
  const claim = (declared ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return NO_CLAIM.has(claim) || (claim === 'image/jpg' ? 'image/jpeg' : claim) === found
}

/** Length and type stand before a PNG chunk's data, a checksum after it. */
const PNG_CHUNK_OVERHEAD = 12
const ACTL = 0x6163544c
const IDAT = 0x49444154

/**
 * Is this PNG animated? Decoders that do not know APNG show its first frame and hide the rest from whoever checks.
 * @source PNG third edition, `acTL` stands before the first `IDAT`
 */
export const isAnimatedPng = (bytes: Uint8Array): boolean => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = PNG.length
  while (at + PNG_CHUNK_OVERHEAD <= bytes.length) {
    const type = view.getUint32(at + 4)
    if (type === ACTL) return true
    if (type === IDAT) return false
    at += PNG_CHUNK_OVERHEAD + view.getUint32(at)
  }
  return false
}
