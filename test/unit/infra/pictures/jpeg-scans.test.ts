import { expect, it } from 'vitest'
import { hasMoreScansThan } from '../../../../infra/pictures/jpeg-scans.ts'
import { encode, quarters } from './make-pictures.ts'

const END = Buffer.from([0xff, 0xd9])
/** A scan without a header or data. */
const SCAN = Buffer.from([0xff, 0xda, 0, 2])
const scans = (count: number) => Buffer.concat(Array.from({ length: count }, () => SCAN))
const aJpeg = () => encode(quarters()).jpeg().toBuffer()

it('counts a baseline picture as one scan', async () => {
  const jpeg = await aJpeg()
  expect([0, 1].map((count) => hasMoreScansThan(jpeg, count))).toEqual([true, false])
})

it('does not count what stands in segments: thumbnails, comments', async () => {
  const jpeg = await aJpeg()
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 202]), scans(50)])
  expect(hasMoreScansThan(Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]), 1)).toBe(false)
})

it('does not count what follows the end of the picture', async () => {
  expect(hasMoreScansThan(Buffer.concat([await aJpeg(), scans(50)]), 1)).toBe(false)
})

it('counts over restart markers, stuffed zeros, fill bytes and rubbish between segments', () => {
  const between = Buffer.from([0xff, 0xd0, 1, 0xff, 0, 2, 0xff, 0xff, 0xff, 0xd7, 0x00, 0x11])
  const file = Buffer.concat([Buffer.from([0xff, 0xd8]), SCAN, between, SCAN, between, SCAN, END])
  expect([2, 3].map((count) => hasMoreScansThan(file, count))).toEqual([true, false])
})

it.each(['ffd8', 'ffd8ff', 'ffd8ffda', 'ffd8ffdaff', 'ffd8ffe1ffff', 'ffd8ffff', 'ff', ''])(
  'comes to an end on a file that does not: %s',
  (hex) => {
    expect(hasMoreScansThan(Buffer.from(hex, 'hex'), 1)).toBe(false)
  },
)
