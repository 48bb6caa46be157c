import type { DocumentType } from '../../../infra/domain/results.ts'
import type { ZoneReading } from './mrz/zone-reading.ts'
import type { Text } from './text.ts'

/** Words that documents call themselves by, without accents and spaces. A visa names passports, too: it comes first. */
const WORDS: readonly (readonly [DocumentType, RegExp])[] = [
  ['visa', /\bVISA\b|\bVISUM\b|\bWIZA\b|\bVISTO\b/],
  ['passport', /PASSPORT|PASSEPORT|REISEPASS|PASAPORTE|PASSAPORTO|PASZPORT|PASPOORT/],
  [
    'identity-card',
    /IDENTITYCARD|CARTENATIONALEDIDENTITE|CARTEDIDENTITE|PERSONALAUSWEIS|DOCUMENTONACIONALDEIDENTIDAD|CARTADIDENTITA|IDENTITEITSKAART|DOWODOSOBISTY|IDENTITATSKARTE/,
  ],
]

/** What kind of document this is: by its machine-readable zone, else by what it calls itself. */
export const documentTypeOf = (zone: ZoneReading | undefined, lines: readonly Text[]): DocumentType => {
  if (zone) return zone.layout.documentTypes[0] ?? 'unknown'
  for (const [type, words] of WORDS) if (lines.some(({ text }) => words.test(capitals(text)))) return type
  return 'unknown'
}

/** Spaces stay out: the recogniser drops them; a whole line may still be one word. */
const capitals = (text: string): string =>
  text
    .normalize('NFD')
    .toUpperCase()
    .replace(/[^A-Z/]/g, '')
