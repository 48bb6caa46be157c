import { expect, it } from 'vitest'
import { type Admission, admit, type Load } from '../../../api/admission.ts'

const QUIET: Load = { depthCount: 0, inHandCount: 0, ratePerSecond: undefined }
const ACCEPT: Admission = { kind: 'accept' }
const refuse = (retryAfterMs: number): Admission => ({ kind: 'refuse', retryAfterMs })

it.each<[string, Partial<Load>, Admission]>([
  ['takes a job when nothing is known', {}, ACCEPT],
  [
    'takes a job when nothing finishes yet but there is room',
    { depthCount: 99, inHandCount: 500, ratePerSecond: 0 },
    ACCEPT,
  ],
  ['takes a job that will be done just in time', { inHandCount: 600, ratePerSecond: 10 }, ACCEPT],
  ['refuses for as long as the surplus takes', { inHandCount: 700, ratePerSecond: 10 }, refuse(10_000)],
  ['refuses for a second at least', { inHandCount: 601, ratePerSecond: 10 }, refuse(1_000)],
  ['refuses for a minute at most', { inHandCount: 10_000, ratePerSecond: 10 }, refuse(60_000)],
  [
    'refuses at the bound, however fast the pool is',
    { depthCount: 100, inHandCount: 1, ratePerSecond: 1e6 },
    refuse(60_000),
  ],
])('%s', (_title, load, expected) => {
  expect(admit({ ...QUIET, ...load }, 60_000, 100)).toEqual(expected)
})
