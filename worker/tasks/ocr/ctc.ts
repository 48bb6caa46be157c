import type { Alphabet } from './charset.ts'
import type { Reading } from './recogniser.ts'

/** One character of a decoded line. */
export interface Glyph {
  readonly character: string
  /** probability of the character where it is most certain, 0..1 */
  readonly confidence: number
  /** middle of the steps that saw it, in steps from the start of the crop */
  readonly step: number
}

/** CTC's "nothing new here". */
const BLANK_CLASS = 0

/**
 * Greedy CTC decoding over some of the classes only: at each step the likeliest of blank and the alphabet wins, repeats
 * merge, blanks drop out. Leaving other scripts out of the race keeps a smudge from becoming a Chinese character.
 * @source Graves et al., Connectionist Temporal Classification, 2006
 */
export const decodeCtc = ({ data, offset, stepCount, classCount }: Reading, alphabet: Alphabet): readonly Glyph[] => {
  const glyphs: Glyph[] = []
  let previous = -1
  let first = 0
  let best = 0
  for (let step = 0; step <= stepCount; step += 1) {
    const base = offset + step * classCount
    const choice = step < stepCount ? likeliest(data, base, alphabet) : -1
    const confidence = choice < 0 ? 0 : (data[base + (alphabet.classes[choice] as number)] as number)
    if (choice !== previous) {
      if (previous >= 0)
        glyphs.push({
          character: alphabet.characters[previous] as string,
          confidence: best,
          step: (first + step - 1) / 2,
        })
      first = step
      best = 0
    }
    best = Math.max(best, confidence)
    previous = choice
  }
  return glyphs
}

/** @returns an index into the alphabet; -1 for blank */
const likeliest = (data: Float32Array, base: number, { classes }: Alphabet): number => {
  let choice = -1
  let best = data[base + BLANK_CLASS] as number
  for (let index = 0; index < classes.length; index += 1) {
    const value = data[base + (classes[index] as number)] as number
    if (value > best) {
      best = value
      choice = index
    }
  }
  return choice
}
