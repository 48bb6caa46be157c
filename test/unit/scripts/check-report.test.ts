import { describe, expect, it } from 'vitest'
import { outcome } from '../../../infra/domain/outcomes.ts'
import { formatError, formatTimings, verdictOf } from '../../../scripts/check-report.ts'
import { results } from '../api/client/scripted-server.ts'

describe('formatTimings', () => {
  it.each([
    [{}, 'not told'],
    [{ storeMs: 4.4, queueMs: 0.2, runMs: 99.6, replyMs: 2 }, 'store 4, queue 0, run 100, reply 2 ms'],
    [
      { runMs: 50, fetchMs: 1, decodeMs: 9, batchWaitMs: 5, inferMs: 34 },
      'run 50 (fetch 1, decode 9, batch wait 5, infer 34) ms',
    ],
  ])('tells where the time went: %j', (timings, line) => {
    expect(formatTimings(timings)).toBe(line)
  })
})

describe('verdictOf', () => {
  it('warns of what a document does not prove', () => {
    const result = {
      ...results.ocr,
      documentType: 'unknown' as const,
      mrz: results.ocr.mrz && { ...results.ocr.mrz, valid: false },
      warnings: [outcome('MRZ_CHECKSUM_FAILED')],
    }
    const { outcome: said, facts } = verdictOf('ocr', result)
    expect(said).toBe('read, kind unknown')
    expect(facts).toContainEqual(['mrz', 'TD3, a check digit does not fit'])
    expect(facts).toContainEqual(['warning', `MRZ_CHECKSUM_FAILED: ${outcome('MRZ_CHECKSUM_FAILED').message}`])
    expect(verdictOf('ocr', { ...result, mrz: null }).facts).toContainEqual(['mrz', 'none'])
  })

  it('counts the faces of a match and names the signals of liveness', () => {
    const { source } = results['face-match'].faces
    const crowd = { ...results['face-match'], faces: { source: [...source, ...source], target: source } }
    expect(verdictOf('face-match', crowd).facts.slice(1)).toEqual([
      ['source', '2 faces'],
      ['target', '1 face'],
    ])
    expect(verdictOf('liveness', results.liveness).facts).toContainEqual(['anti-spoof', '0.910'])
  })
})

describe('formatError', () => {
  it('makes one line of what is not an error of the client', () => {
    expect(formatError(new Error('no such thing'))).toEqual(['no such thing'])
    expect(formatError('odd')).toEqual(['odd'])
  })
})
