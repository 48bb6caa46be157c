const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const TEM = 0x01

const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7
/** Markers that stand alone: no length follows. */
const isBare = (marker: number): boolean => marker === SOI || marker === TEM || isRestart(marker)

/** The next marker at or after `from`: its offset, or the file's length. Stuffed zeros and fill bytes are none. */
const nextMarker = (bytes: Uint8Array, from: number): number => {
  // Byte by byte on purpose: `indexOf` costs a call for each 0xff, and a hostile file is made of nothing else.
  for (let at = from; at + 1 < bytes.length; at += 1) {
    if (bytes[at] !== 0xff) continue
    const marker = bytes[at + 1]
    if (marker !== 0 && marker !== 0xff) return at
  }
  return bytes.length
}

/** Where the segment of a marker ends, by the length behind it. */
const afterSegment = (bytes: Uint8Array, at: number): number =>
  at + 2 + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))

/**
 * Does a JPEG ask for more than `maxCount` scans over all its coefficients? A progressive file of 110 KB can ask for
 * thousands, each over 25 megapixels, in one library call that no timeout reaches. Walks the markers as decoders do, so
 * that thumbnails and whatever follows the end of the picture do not count.
 * @source ITU-T T.81 annex B (markers) and G (progressive mode)
 */
export const hasMoreScansThan = (bytes: Uint8Array, maxCount: number): boolean => {
  let scanCount = 0
  for (let at = nextMarker(bytes, 0); at < bytes.length; ) {
    const marker = bytes[at + 1] ?? EOI
    if (marker === EOI) return false
    if (marker === SOS) scanCount += 1
    if (scanCount > maxCount) return true
    at = nextMarker(bytes, isBare(marker) ? at + 2 : afterSegment(bytes, at))
  }
  return false
}
