import type { DocumentType, Mrz, MrzCheck } from '../../../../infra/domain/results.ts'

/** The formats of the standard: three of documents, two of visas. */
export type MrzFormat = Mrz['format']

/** Characters `from` up to, not including, `to` of one line. */
export interface Span {
  readonly line: number
  readonly from: number
  readonly to: number
}

/** One check digit: where it stands and what it is computed over. */
export interface CheckRule {
  readonly field: MrzCheck['field']
  readonly digit: Span
  readonly over: readonly Span[]
}

/** Where everything stands in one of the machine-readable formats. */
export interface MrzLayout {
  readonly format: MrzFormat
  readonly lineCount: number
  readonly lineLength: number
  /** for each line, one letter a position: which characters may stand there (`ALPHABETS`) */
  readonly templates: readonly string[]
  /** what the first line may begin with */
  readonly firstLetters: string
  readonly code: Span
  readonly issuingCountry: Span
  readonly names: Span
  readonly documentNumber: Span
  /** where a number of more than nine characters goes on, and its check digit with it */
  readonly numberOverflow?: Span
  readonly nationality: Span
  readonly birthDate: Span
  readonly sex: Span
  readonly expiryDate: Span
  /** what the issuer put there: in a passport the personal number */
  readonly optional: readonly Span[]
  readonly checks: readonly CheckRule[]
  readonly documentTypes: readonly DocumentType[]
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const DIGITS = '0123456789'

/** @source ICAO 9303 parts 4 (P), 5 and 6 (A, C, I), 7 (V) */
const FIRST_LETTERS = { P: 'P', I: 'IAC', V: 'V' } as const

/** The characters that may stand at a position of a template. */
export const ALPHABETS: Readonly<Record<string, string>> = {
  ...FIRST_LETTERS,
  A: `${LETTERS}<`,
  // No issuer's code has a K there, and K is what recognisers take a filler for.
  B: `${LETTERS.replace('K', '')}<`,
  // Cards of some issuers have a digit there.
  C: `${LETTERS.replace('K', '')}${DIGITS}<`,
  N: `${LETTERS}${DIGITS}<`,
  D: DIGITS,
  d: `${DIGITS}<`,
  S: 'MFX<',
}

const span = (line: number, from: number, to: number): Span => ({ line, from, to })
const at = (line: number, position: number): Span => span(line, position, position + 1)

const DATES_AND_SEX = 'ddddddDSddddddD'
/** Number and digit, nationality, dates and sex: the second line of every two-line format begins like this. */
const SECOND_LINE = `NNNNNNNNNdAAA${DATES_AND_SEX}`

/** The parts all two-line formats share. @source ICAO 9303-4, 4.2; 9303-6, 4.2; 9303-7, 4.2 and 5.2 */
const twoLines = (lineLength: number, first: keyof typeof FIRST_LETTERS) => ({
  lineCount: 2,
  lineLength,
  firstLetters: FIRST_LETTERS[first],
  templates: [`${first}B`.padEnd(lineLength, 'A'), SECOND_LINE.padEnd(lineLength, 'N')],
  code: span(0, 0, 2),
  issuingCountry: span(0, 2, 5),
  names: span(0, 5, lineLength),
  documentNumber: span(1, 0, 9),
  nationality: span(1, 10, 13),
  birthDate: span(1, 13, 19),
  sex: at(1, 20),
  expiryDate: span(1, 21, 27),
})

const TWO_LINE_CHECKS: readonly CheckRule[] = [
  { field: 'documentNumber', digit: at(1, 9), over: [span(1, 0, 9)] },
  { field: 'birthDate', digit: at(1, 19), over: [span(1, 13, 19)] },
  { field: 'expiryDate', digit: at(1, 27), over: [span(1, 21, 27)] },
]

const TD3: MrzLayout = {
  ...twoLines(44, 'P'),
  format: 'TD3',
  templates: [`PB${'A'.repeat(42)}`, `${SECOND_LINE}${'N'.repeat(14)}dD`],
  optional: [span(1, 28, 42)],
  checks: [
    ...TWO_LINE_CHECKS,
    { field: 'personalNumber', digit: at(1, 42), over: [span(1, 28, 42)] },
    { field: 'composite', digit: at(1, 43), over: [span(1, 0, 10), span(1, 13, 20), span(1, 21, 43)] },
  ],
  documentTypes: ['passport'],
}

const TD2_OPTIONAL = span(1, 28, 35)

const TD2: MrzLayout = {
  ...twoLines(36, 'I'),
  format: 'TD2',
  templates: [`IC${'A'.repeat(34)}`, `${SECOND_LINE}${'N'.repeat(7)}D`],
  numberOverflow: TD2_OPTIONAL,
  optional: [TD2_OPTIONAL],
  checks: [
    ...TWO_LINE_CHECKS,
    { field: 'composite', digit: at(1, 35), over: [span(1, 0, 10), span(1, 13, 20), span(1, 21, 35)] },
  ],
  documentTypes: ['identity-card'],
}

const MRV_A: MrzLayout = {
  ...twoLines(44, 'V'),
  format: 'MRV-A',
  optional: [span(1, 28, 44)],
  checks: TWO_LINE_CHECKS,
  documentTypes: ['visa'],
}

const MRV_B: MrzLayout = {
  ...twoLines(36, 'V'),
  format: 'MRV-B',
  optional: [span(1, 28, 36)],
  checks: TWO_LINE_CHECKS,
  documentTypes: ['visa'],
}

const TD1_OPTIONAL = span(0, 15, 30)

/** @source ICAO 9303-5, 4.2 */
const TD1: MrzLayout = {
  format: 'TD1',
  firstLetters: FIRST_LETTERS.I,
  lineCount: 3,
  lineLength: 30,
  templates: [`ICAAANNNNNNNNNd${'N'.repeat(15)}`, `${DATES_AND_SEX}AAA${'N'.repeat(11)}D`, 'A'.repeat(30)],
  code: span(0, 0, 2),
  issuingCountry: span(0, 2, 5),
  names: span(2, 0, 30),
  documentNumber: span(0, 5, 14),
  numberOverflow: TD1_OPTIONAL,
  nationality: span(1, 15, 18),
  birthDate: span(1, 0, 6),
  sex: at(1, 7),
  expiryDate: span(1, 8, 14),
  optional: [TD1_OPTIONAL, span(1, 18, 29)],
  checks: [
    { field: 'documentNumber', digit: at(0, 14), over: [span(0, 5, 14)] },
    { field: 'birthDate', digit: at(1, 6), over: [span(1, 0, 6)] },
    { field: 'expiryDate', digit: at(1, 14), over: [span(1, 8, 14)] },
    {
      field: 'composite',
      digit: at(1, 29),
      over: [span(0, 5, 30), span(1, 0, 7), span(1, 8, 15), span(1, 18, 29)],
    },
  ],
  documentTypes: ['identity-card'],
}

/** Every format, by name. @source ICAO 9303 parts 4 to 7 */
export const LAYOUTS: Readonly<Record<MrzFormat, MrzLayout>> = { TD1, TD2, TD3, 'MRV-A': MRV_A, 'MRV-B': MRV_B }

/** The text of a span; positions beyond a line's end are empty. */
export const textAt = (lines: readonly string[], { line, from, to }: Span): string =>
  (lines[line] ?? '').slice(from, to)
