import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binsOf, SIGNAL_NAMES, SIGNALS } from '../../../../infra/domain/drift-signals.ts'
import type { Json } from '../../../../infra/domain/json.ts'
import { outcome } from '../../../../infra/domain/outcomes.ts'
import { TASK_NAMES, type TaskName } from '../../../../infra/domain/task.ts'

const quality = { eyeDistancePx: 60, sharpness: 0.73, brightness: 0.999, rollDegrees: 1, yawDegrees: 2 }
const face = { box: { left: 0, top: 0, width: 9, height: 9 }, score: 0.9, quality }
const of = (task: TaskName, result: Json) =>
  Object.fromEntries(binsOf(task, { result, error: null }).map(({ signal, bin }) => [signal, bin]))

describe('what is counted of a result', () => {
  it('of a face match is its score and the quality of the faces that were compared', () => {
    const faces = { source: [face], target: [{ ...face, quality: { ...quality, eyeDistancePx: 500 } }, face] }
    expect(of('face-match', { similarity: 0.849, match: true, threshold: 0.5, faces })).toEqual({
      ...{ outcome: 'succeeded', similarity: '0.80' },
      ...{ 'source-sharpness': '0.70', 'source-brightness': '0.90', 'source-face-size': '54' },
      ...{ 'target-sharpness': '0.70', 'target-brightness': '0.90', 'target-face-size': '400' },
    })
  })

  it('of liveness is its score and the quality of the face', () => {
    expect(of('liveness', { score: 1, live: true, face })).toEqual({
      ...{ outcome: 'succeeded', score: '0.95', sharpness: '0.70', brightness: '0.90', 'face-size': '54' },
    })
  })

  it('of a document is what was read at all, and nothing that stands in it', () => {
    const fields = { surname: { value: 'Eriksson', confidence: 0.9 }, sex: { value: 'F', confidence: 0.5 } }
    const bins = of('ocr', { documentType: 'passport', fields, mrz: { valid: false }, text: [] })
    expect(bins).toMatchObject({
      ...{ outcome: 'succeeded', 'document-type': 'passport', mrz: 'invalid', confidence: '0.70' },
      ...{ 'filled-surname': 'filled', 'filled-sex': 'filled', 'filled-expiryDate': 'missing' },
    })
    expect(JSON.stringify(bins)).not.toContain('Eriksson')
  })

  it('of a typed outcome is its code, unless it was our own fault', () => {
    const bins = (code: 'NO_FACE' | 'INFERENCE_FAILED') => binsOf('liveness', { result: null, error: outcome(code) })
    expect(bins('NO_FACE')).toEqual([{ signal: 'outcome', bin: 'NO_FACE' }])
    expect(bins('INFERENCE_FAILED')).toEqual([])
  })

  it.each(TASK_NAMES)('of %s never fails, and falls in known bins only, whatever the result is', (task) => {
    const known = new Map(SIGNALS[task].map(({ name, bins }) => [name, bins]))
    fc.assert(
      fc.property(fc.jsonValue(), (result) => {
        const bins = binsOf(task, { result: result as Json, error: null })
        expect(new Set(bins.map(({ signal }) => signal)).size).toBe(bins.length)
        for (const { signal, bin } of bins) expect(known.get(signal)).toContain(bin)
      }),
    )
  })
})

it('has few names, fit for a label, and bins that a key can hold', () => {
  expect(SIGNAL_NAMES.length).toBeLessThan(50)
  for (const signal of Object.values(SIGNALS).flat()) {
    expect(signal.name).toMatch(/^[a-zA-Z-]+$/)
    expect(signal.bins.join('')).not.toContain('/')
    expect(new Set(signal.bins).size).toBe(signal.bins.length)
  }
})
