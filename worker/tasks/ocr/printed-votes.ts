import { MRZ_CHARACTERS } from './charset.ts'
import type { Fields } from './mrz/fields.ts'
import { type Span, textAt } from './mrz/layout.ts'
import { TWINS } from './mrz/look-alikes.ts'
import type { Votes } from './mrz/votes.ts'
import { readingOf, type ZoneReading } from './mrz/zone-reading.ts'
import type { Text } from './text.ts'

/**
 * A sure printed character counts this much against the whole of the zone's own votes for its place: it decides where
 * those are divided, and never outvotes them.
 */
const PRINTED_WEIGHT = 0.4
/** Between look-alikes it does: OCR-B's O and 0 differ less than those of other type. */
const TWIN_WEIGHT = 1.3
/** Printed text this unsure has no vote. */
const MIN_CONFIDENCE = 0.6
/** Texts differing in more than this share of their characters are about different things. */
const MAX_DIFFERENCE = 0.34
/** Shorter words fit anywhere. */
const MIN_WORD_LENGTH = 3

/** What the printed text says should stand in a span. */
interface Hint {
  readonly span: Span
  readonly text: string
  readonly confidence: number
}

/**
 * Let the printed text have a say in the zone: the same number and names stand in both, in different type, so that what
 * looks alike in one (O and 0) often does not in the other. Check digits have the last word.
 */
export const hearPrinted = (zone: ZoneReading, printed: Fields, lines: readonly Text[]): ZoneReading => {
  const hints = [...numberHints(zone, lines), ...nameHints(zone, printed, lines)]
  if (hints.length === 0) return zone
  const heard = readingOf(addVotes(zone.votes, hints), zone.layout, zone.rows)
  return heard.evidence >= zone.evidence ? heard : zone
}

const letters = (text: string): string =>
  text
    .normalize('NFD')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')

const numberHints = ({ lines, layout }: ZoneReading, texts: readonly Text[]): readonly Hint[] => {
  const spans = [layout.documentNumber, ...(layout.documentTypes.includes('visa') ? [] : layout.optional)]
  return spans.flatMap((span) => {
    const number = textAt(lines, span).replace(/<+$/, '')
    return hintsFrom(texts, number, { ...span, to: span.from + number.length })
  })
}

const nameHints = ({ lines, layout }: ZoneReading, printed: Fields, texts: readonly Text[]): readonly Hint[] => {
  const { names } = layout
  const field = textAt(lines, names)
  const { surname, givenNames } = printed
  if (surname && givenNames) {
    const written = (name: string): string =>
      name
        .normalize('NFD')
        .replace(/[^A-Z ]/g, '')
        .replaceAll(' ', '<')
    const text = `${written(surname.value)}<<${written(givenNames.value)}`.slice(0, field.length)
    const confidence = Math.min(surname.confidence, givenNames.confidence)
    const whole = { span: { ...names, to: names.from + text.length }, text, confidence }
    if (confidence >= MIN_CONFIDENCE && isSimilar(text, field.slice(0, text.length))) return [whole]
  }
  return [...field.matchAll(/[^<]+/g)].flatMap(({ index, 0: word }) => {
    const from = names.from + index
    return hintsFrom(texts, word, { ...names, from, to: from + word.length })
  })
}

const hintsFrom = (texts: readonly Text[], wanted: string, span: Span): readonly Hint[] => {
  if (wanted.length < MIN_WORD_LENGTH) return []
  return texts.flatMap(({ text, confidence }) => {
    const words = [letters(text), ...text.split(/[\s:]+/).map(letters)]
    const alike = confidence >= MIN_CONFIDENCE ? words.find((word) => isSimilar(word, wanted)) : undefined
    return alike === undefined ? [] : [{ span, text: alike, confidence }]
  })
}

const isSimilar = (a: string, b: string): boolean => {
  if (a.length !== b.length) return false
  const different = [...a].filter((character, index) => character !== b[index]).length
  return different <= a.length * MAX_DIFFERENCE
}

/** One vote for each place, however often the text is printed: the surest counts. */
const addVotes = (votes: Votes, hints: readonly Hint[]): Votes => {
  const sorted = hints.toSorted((a, b) => b.confidence - a.confidence)
  return votes.map((slots, line) =>
    slots.map((slot, position) => {
      const hint = sorted.find(({ span }) => span.line === line && position >= span.from && position < span.to)
      const character = hint?.text[position - hint.span.from]
      const index = character === undefined ? -1 : MRZ_CHARACTERS.indexOf(character)
      if (hint === undefined || index < 0) return slot
      const leader = MRZ_CHARACTERS[slot.indexOf(Math.max(...slot))] ?? ''
      const weight = (TWINS.get(leader) === character ? TWIN_WEIGHT : PRINTED_WEIGHT) * hint.confidence
      return slot.map((share, other) => (share + (other === index ? weight : 0)) / (1 + weight))
    }),
  )
}
