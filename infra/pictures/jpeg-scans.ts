const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const TEM = 0x01

const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7
/** Markers that stand alone: no length follows. */
const isBare = (marker: number): boolean => marker === SOI || marker === TEM || isRestart(marker)

/** The next marker at or after `from`: its offset, or -1. Stuffed zeros and fill bytes are none. */
const nextMarker = (bytes: Buffer, from: number): number => {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const marker = bytes[at + 1]
    if (marker !== undefined && marker !== 0 && marker !== 0xff) return at
  }
  return -1
}

/**
 * How many scans a JPEG asks the decoder to make over all its coefficients. A progressive file of 110 KB can ask for
 * thousands, each over 25 megapixels, in one library call that no timeout reaches. Walks the markers as decoders do, so
 * that thumbnails and whatever follows the end of the picture do not count.
 * @source ITU-T T.81 annex B (markers) and G (progressive mode)
 */
export const countJpegScans = (bytes: Uint8Array): number => {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let scanCount = 0
  for (let at = nextMarker(file, 0); at >= 0; ) {
    const marker = file[at + 1] ?? EOI
    if (marker === EOI) break
    if (marker === SOS) scanCount += 1
    const next = at + 2
    at = nextMarker(file, isBare(marker) || next + 2 > file.length ? next : next + file.readUInt16BE(next))
  }
  return scanCount
}
