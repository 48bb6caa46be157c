import { MRZ_CHARACTERS } from '../charset.ts'
import { type Grid, positionAt } from './grid.ts'
import type { Sighting } from './windows.ts'

/** For each line and position, the share of votes of each of `MRZ_CHARACTERS`; shares add up to 1 where all was clear. */
export type Votes = readonly (readonly Float32Array[])[]

/** Votes a filler gets for nothing: it is what the recogniser overlooks. */
const FILLER_PRIOR = 0.02
/** Nobody's votes: so that a place where next to nothing was seen does not look unanimous. */
const ABSTENTIONS = 0.05
const FILLER = MRZ_CHARACTERS.indexOf('<')
/** A sighting counts for the nearest character, less the further it is off its middle (in characters). */
const SPREAD = 0.35

/** Count what was seen along one row into votes for each of its characters. */
export const countVotes = (sightings: readonly Sighting[], grid: Grid, length: number): readonly Float32Array[] => {
  const slots = Array.from({ length }, () => {
    const slot = new Float32Array(MRZ_CHARACTERS.length)
    slot[FILLER] = FILLER_PRIOR
    return slot
  })
  for (const { at, weight, scores } of sightings) {
    const position = positionAt(grid, at)
    const slot = slots[Math.round(position)]
    if (slot === undefined) continue
    const off = (position - Math.round(position)) / SPREAD
    const count = weight * Math.exp(-off * off)
    for (let index = 0; index < scores.length; index += 1)
      slot[index] = (slot[index] as number) + count * (scores[index] as number)
  }
  for (const slot of slots) {
    const sum = slot.reduce((total, share) => total + share, ABSTENTIONS)
    for (let index = 0; index < slot.length; index += 1) slot[index] = (slot[index] as number) / sum
  }
  return slots
}
