import type { MrzCheck } from '../../../../infra/domain/results.ts'
import type { Strip } from '../strip.ts'
import { verifyChecks } from './checks.ts'
import { isCountry, knownCountries } from './countries.ts'
import { isMrzDate } from './dates.ts'
import { type MrzLayout, textAt } from './layout.ts'
import { endNames } from './names.ts'
import { agreement, type Reading, readVotes } from './reading.ts'
import { repairMrz } from './repair.ts'
import type { Votes } from './votes.ts'

/** A machine-readable zone as read. */
export interface ZoneReading {
  readonly layout: MrzLayout
  /** the rows it was read from */
  readonly rows: readonly Strip[]
  readonly votes: Votes
  /** what else each character may have been */
  readonly reading: Reading
  readonly lines: readonly string[]
  readonly checks: readonly MrzCheck[]
  /** mean share of the votes the characters got, 0..1 */
  readonly agreement: number
  /** check digits, dates and countries that fit, less check digits that do not */
  readonly evidence: number
}

/** Turn votes into lines: the likeliest characters, mended by check digits, known countries and the rules for names. */
export const readingOf = (votes: Votes, layout: MrzLayout, rows: readonly Strip[]): ZoneReading => {
  const reading = readVotes(votes, layout)
  const lines = endNames(knownCountries(repairMrz(reading, layout), reading, layout), layout)
  const checks = verifyChecks(lines, layout)
  const evidence = weigh(lines, checks, layout)
  return { layout, rows, votes, reading, lines, checks, agreement: agreement(lines, reading), evidence }
}

const weigh = (lines: readonly string[], checks: readonly MrzCheck[], layout: MrzLayout): number => {
  const fitting = checks.filter(({ valid }) => valid).length
  const known = [layout.issuingCountry, layout.nationality].filter((span) => isCountry(textAt(lines, span))).length
  const dates = [layout.birthDate, layout.expiryDate].filter((span) => isMrzDate(textAt(lines, span))).length
  return fitting + (known + dates) / 2 - (checks.length - fitting) / 2
}
