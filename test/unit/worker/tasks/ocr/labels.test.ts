import { describe, expect, it } from 'vitest'
import { editDistance, findLabel } from '../../../../../worker/tasks/ocr/labels.ts'

describe('labels of printed fields', () => {
  it.each([
    ['Surname', 'surname'],
    ['Sumame/Nom', 'surname'],
    ['Surname / Nom (1)', 'surname'],
    ['Nachname', 'surname'],
    ['Givennames/Prenoms', 'givenNames'],
    ['Vornamen', 'givenNames'],
    ['Prénoms', 'givenNames'],
    ['Passport No.', 'documentNumber'],
    ['Pasiport No,', 'documentNumber'],
    ['Document.No.', 'documentNumber'],
    ['Nationalty', 'nationality'],
    ['Date of bith', 'birthDate'],
    ['Date ofexpiry', 'expiryDate'],
    ['Date.of.expiry', 'expiryDate'],
    ['Gültig bis', 'expiryDate'],
    ['Date of issue', 'issueDate'],
    ['7. Date of issue/Ausstellungsdatum/', 'issueDate'],
    ['Sex/Sexe', 'sex'],
    ['5.Sex/Geschlecht/Sexe', 'sex'],
    ['Country code', 'issuingCountry'],
    ['Personal No.', 'personalNumber'],
    ['Place of birth', 'other'],
    ['Authority', 'other'],
  ])('%j announces %s', (text, label) => {
    expect(findLabel(text)).toEqual({ label, rest: '' })
  })

  it.each([
    ['Surname: SMITH', 'surname', 'SMITH'],
    ['Date of birth: 12 AUG 1974', 'birthDate', '12 AUG 1974'],
    ['Surname SMITH', 'surname', 'SMITH'],
    ['Given names ANNA MARIA', 'givenNames', 'ANNA MARIA'],
  ])('%j has its value in its own line', (text, label, rest) => {
    expect(findLabel(text)).toEqual({ label, rest })
  })

  it.each(['ERIKSSON', 'ANNA MARIA', 'L898902C3', 'UTOPIA', '12 AUG 1974', 'F', 'SE', ''])('%j is none', (text) => {
    expect(findLabel(text)).toBeUndefined()
  })

  it('takes short labels only as they are', () => {
    expect(findLabel('NON')).toBeUndefined()
    expect(findLabel('Sez')).toBeUndefined()
  })
})

describe('edit distance', () => {
  it.each([
    ['', '', 0],
    ['kitten', 'sitting', 3],
    ['surname', 'sumame', 2],
    ['abc', '', 3],
  ])('of %j and %j is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
    expect(editDistance(b, a)).toBe(distance)
  })
})
