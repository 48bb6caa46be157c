import { describe, expect, it } from 'vitest'
import { parseCounts, WorkerCountsInvalidError } from '../../../../worker/node/worker-counts.ts'

describe('the counts of a node', () => {
  it.each([
    ['face-match=2', { 'face-match': 2 }],
    ['  face-match=1\tocr=0  ', { 'face-match': 1, ocr: 0 }],
    ['face-match=auto ocr=1', { 'face-match': 'auto', ocr: 1 }],
  ])('are read from "%s"', (text, counts) => {
    expect(Object.fromEntries(parseCounts(text))).toEqual(counts)
  })

  it.each([
    '',
    'ocr',
    'ocr=',
    'ocr=-1',
    'ocr=1.5',
    'ocr=1=2',
    'OCR=1',
    'ocr=1 ocr=2',
    'ocr=1,liveness=1',
    'ocr=1000',
    'ocr=automatic',
  ])('are refused from "%s"', (text) => {
    expect(() => parseCounts(text)).toThrow(WorkerCountsInvalidError)
  })
})
