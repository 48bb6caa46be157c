import { describe, expect, it } from 'vitest'
import { createCharset } from '../../../../../worker/tasks/ocr/charset.ts'
import { decodeCtc } from '../../../../../worker/tasks/ocr/ctc.ts'

const DICTIONARY = ['A', 'B', '中', '<', '1', 'é']
const charset = createCharset(DICTIONARY)
const CLASSES: Readonly<Record<string, number>> = { _: 0, A: 1, B: 2, 中: 3, '<': 4, '1': 5, é: 6, ' ': 7 }

/** A reading in which each step is sure of one character, `_` being blank; a digit behind it is its second choice. */
const reading = (steps: string, second: Readonly<Record<number, string>> = {}) => {
  const classCount = charset.classCount
  const data = new Float32Array(steps.length * classCount).fill(0.001)
  for (const [step, character] of [...steps].entries()) {
    data[step * classCount + (CLASSES[character] ?? 0)] = 0.8
    const other = second[step]
    if (other) data[step * classCount + (CLASSES[other] ?? 0)] = 0.15
  }
  return { data, offset: 0, stepCount: steps.length, classCount }
}

const text = (steps: string, second = {}, alphabet = charset.printed): string =>
  decodeCtc(reading(steps, second), alphabet)
    .map(({ character }) => character)
    .join('')

describe('decoding what the recogniser saw', () => {
  it('merges repeats and keeps what a blank parts', () => {
    expect(text('AAA_AB_')).toBe('AAB')
  })

  it('reads nothing from blanks alone', () => {
    expect(text('____')).toBe('')
  })

  it('reads a space, which the dictionary does not list', () => {
    expect(text('A_ _B')).toBe('A B')
  })

  it('takes the best of the alphabet where another script came first', () => {
    expect(text('A中B', { 1: '1' })).toBe('A1B')
  })

  it('sees only the characters of a machine-readable zone when asked to', () => {
    expect(text('A_éB_<', { 2: '1' }, charset.mrz)).toBe('A1B<')
  })

  it('says where each character stands and how sure it was', () => {
    const [a, b] = decodeCtc(reading('_AAA_B'), charset.printed)
    expect(a).toMatchObject({ character: 'A', step: 2 })
    expect(a?.confidence).toBeCloseTo(0.8)
    expect(b?.step).toBe(5)
  })

  it('stops at the end of a line that shares its batch with longer ones', () => {
    const two = { ...reading('ABAB'), stepCount: 2 }
    expect(decodeCtc(two, charset.printed)).toHaveLength(2)
  })
})

describe('the classes of the recogniser', () => {
  it('are blank, the dictionary, and a space', () => {
    expect(charset.classCount).toBe(DICTIONARY.length + 2)
    expect(charset.printed.characters).toEqual(['A', 'B', '<', '1', 'é', ' '])
    expect([...charset.mrz.classes]).toEqual([1, 2, 4, 5])
  })

  it('are the same when the dictionary ends with an empty line', () => {
    expect(createCharset([...DICTIONARY, ''])).toEqual(charset)
  })
})
