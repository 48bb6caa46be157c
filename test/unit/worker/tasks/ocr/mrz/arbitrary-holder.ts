import fc from 'fast-check'
import type { Mrz } from '../../../../../../infra/domain/results.ts'
import type { Holder } from '../../../../../fixtures/documents/holder.ts'

/** Every format. */
export const FORMATS: readonly Mrz['format'][] = ['TD1', 'TD2', 'TD3', 'MRV-A', 'MRV-B']

const text = (alphabet: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength })
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
/** Short enough for the 30 characters of a card. */
const name = fc.array(text(LETTERS, 2, 6), { minLength: 1, maxLength: 2 }).map((words) => words.join(' '))
const day = (min: string, max: string) =>
  fc
    .date({ min: new Date(min), max: new Date(max), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10))
const country = fc.constantFrom('UTO', 'D', 'GBR', 'FRA', 'POL', 'IND')

/** Anybody, with any document. */
export const arbitraryHolder: fc.Arbitrary<Holder> = fc.record({
  surname: name,
  givenNames: name,
  documentNumber: text(`${LETTERS}0123456789`, 6, 9),
  issuingCountry: country,
  nationality: country,
  birthDate: day('1930-01-01', '2020-01-01'),
  sex: fc.constantFrom('M', 'F', 'X'),
  issueDate: day('2020-01-01', '2024-01-01'),
  expiryDate: day('2024-02-01', '2034-01-01'),
  personalNumber: text(`${LETTERS}0123456789`, 1, 7),
})
