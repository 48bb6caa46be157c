import { MRZ_CHARACTERS } from '../charset.ts'
import { ALPHABETS, type MrzLayout } from './layout.ts'
import { MEANT, TWINS } from './look-alikes.ts'
import type { Votes } from './votes.ts'

const FILLER = '<'

/** A character that could stand at a position, and how unlikely that is against the likeliest one. */
export interface Option {
  readonly character: string
  /** natural logarithm of the odds against it; 0 for the likeliest */
  readonly cost: number
  /** its part of the votes, 0..1 */
  readonly share: number
}

/** For each line and position, what may stand there, likeliest first. Never empty. */
export type Reading = readonly (readonly (readonly Option[])[])[]

/** Part of a forbidden character's votes that those it was taken for get. */
const HANDED_ON = 0.7
/** A twin nobody voted for costs this much: e^-3.5 is one in 33. */
const TWIN_COST = 3.5
/** A twin costs this much more where its neighbours are of the likeliest one's kind, less where they are of its own. */
const COMPANY_COST = 0.7
/** Less likely characters than this are not considered. */
const MAX_COST = 5
const MAX_OPTIONS = 5

/** Weigh votes by what the layout allows at each position. */
export const readVotes = (votes: Votes, { templates }: MrzLayout): Reading =>
  templates.map((template, line) => {
    const slots = [...template].map((letter, position) =>
      weigh(votes[line]?.[position], ALPHABETS[letter] ?? MRZ_CHARACTERS),
    )
    return slots.map((ranked, position) => toOptions(ranked, twinCost(slots, position)))
  })

/** A reading of lines that are certain but for look-alikes. */
export const readLines = (lines: readonly string[], layout: MrzLayout): Reading =>
  readVotes(
    lines.map((line) =>
      [...line].map((character) => Float32Array.from(MRZ_CHARACTERS, (other) => (other === character ? 1 : 0))),
    ),
    layout,
  )

/** The likeliest lines of a reading. */
export const likeliestLines = (reading: Reading): readonly string[] =>
  reading.map((line) => line.map(([best]) => best?.character ?? FILLER).join(''))

/** How much of the votes the characters of some lines got, 0..1. */
export const agreement = (lines: readonly string[], reading: Reading): number => {
  let sum = 0
  let count = 0
  for (const [line, slots] of reading.entries())
    for (const [position, options] of slots.entries()) {
      sum += options.find(({ character }) => character === lines[line]?.[position])?.share ?? 0
      count += 1
    }
  return count === 0 ? 0 : sum / count
}

type Ranked = readonly (readonly [character: string, share: number])[]

/** The characters of an alphabet by their votes, most first; those of forbidden ones go to what was meant. */
const weigh = (slot: Float32Array | undefined, alphabet: string): Ranked => {
  const shares = new Map<string, number>()
  for (const character of alphabet) shares.set(character, slot?.[MRZ_CHARACTERS.indexOf(character)] ?? 0)
  for (const [index, character] of [...MRZ_CHARACTERS].entries()) {
    if (alphabet.includes(character)) continue
    const meant = [...(MEANT.get(character) ?? '')].find((other) => alphabet.includes(other))
    if (meant !== undefined) shares.set(meant, (shares.get(meant) ?? 0) + (slot?.[index] ?? 0) * HANDED_ON)
  }
  return [...shares].toSorted((a, b) => b[1] - a[1])
}

/** A letter among digits is more likely a misread digit than one among letters, and the other way round. */
const twinCost = (slots: readonly Ranked[], position: number): number => {
  const kind = (at: number): number => {
    const character = slots[at]?.[0]?.[0] ?? FILLER
    return character === FILLER ? 0 : character <= '9' ? 1 : -1
  }
  const around = kind(position - 1) + kind(position + 1)
  return TWIN_COST + Math.sign(around * kind(position)) * COMPANY_COST
}

const toOptions = ([first, ...rest]: Ranked, twinPrice: number): readonly Option[] => {
  if (first === undefined || first[1] <= 0) return [{ character: first?.[0] ?? FILLER, cost: 0, share: 0 }]
  const [likeliest, share] = first
  const twin = TWINS.get(likeliest)
  const likely = rest.flatMap(([character, other]) => {
    const odds = other > 0 ? Math.log(share / other) : Number.POSITIVE_INFINITY
    const cost = character === twin ? Math.min(odds, twinPrice) : odds
    return cost <= MAX_COST ? [{ character, cost, share: other }] : []
  })
  const options = [{ character: likeliest, cost: 0, share }, ...likely.toSorted((a, b) => a.cost - b.cost)]
  return options.slice(0, MAX_OPTIONS)
}
