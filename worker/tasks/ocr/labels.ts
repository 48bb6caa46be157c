import type { OcrFieldName } from '../../../infra/domain/results.ts'

/** What a printed label announces; `other` is a label whose value is none of ours, but must not be taken for one. */
export type Label = OcrFieldName | 'other'

/**
 * Labels as documents print them, without accents and spaces: the recogniser knows few accents and drops spaces.
 * @source ICAO 9303-4 and -5, annexes; labels of European cards and licences in their official languages
 */
const WORDS: Readonly<Record<Label, string>> = {
  surname:
    'surname surnames lastname familyname nom nomdefamille apellidos apellido primerapellido cognome nachname familienname apelidos apelido achternaam nazwisko efternamn primaryidentifier prezime vezeteknev',
  givenNames:
    'givennames givenname forenames forename firstname firstnames prenoms prenom vorname vornamen nombre nombres nome nomes voornamen voornaam imiona imie fornavn fornamn secondaryidentifier ime keresztnev',
  documentNumber:
    'passportno passportnumber documentno documentnumber cardno cardnumber identitycardno idcardno licenceno licenseno licensenumber reisepassnr ausweisnr ausweisnummer numerodedocumento documentnummer numsoport nodupasseport numerodudocument numpasaporte passaporton paszportnr visano visanumber',
  nationality:
    'nationality nationalite nacionalidad cittadinanza staatsangehorigkeit nacionalidade nationaliteit obywatelstwo citizenship drzavljanstvo',
  issuingCountry: 'countrycode codeofissuingstate issuingstate issuingcountry codeofissuingcountry codedupays',
  birthDate:
    'dateofbirth birthdate datedenaissance fechadenacimiento datadinascita geburtsdatum geburtstag datadenascimento geboortedatum dataurodzenia dob born datumrodenja fodelsedatum',
  sex: 'sex sexe sexo sesso geschlecht gender geslacht plec spol kon',
  issueDate:
    'dateofissue issuedate issued issuedon datededelivrance fechadeexpedicion fechadeemision datadirilascio ausstellungsdatum datadeemissao datumvanafgifte datawydania ausgestelltam validfrom ivissuedate',
  expiryDate:
    'dateofexpiry expirydate dateofexpiration expirationdate expires expireson expiry datedexpiration fechadecaducidad fechadevencimiento validohasta datadiscadenza gultigbis gueltigbis validuntil validto valablejusquau validejusquau datadevalidade geldigtot datawaznosci ivexpireson',
  personalNumber:
    'personalno personalnumber personalidno identityno nationalidno nopersonnel numeropersonal personalcode pesel bsn nopersonal numerodeidentidad personnummer',
  other:
    'placeofbirth lieudenaissance geburtsort luogodinascita lugardenacimiento authority autorite behorde autoridad type typ tipo signature unterschrift firma height taille grosse address adresse residence domicile remarks observations holderssignature birthplace maritalstatus entries visatype category annotation',
}

const LABELS: readonly (readonly [word: string, label: Label])[] = Object.entries(WORDS).flatMap(([label, words]) =>
  words.split(' ').map((word) => [word, label as Label] as const),
)
/** Labels this short must be read exactly; one character in five may be wrong in longer ones. */
const EXACT_LENGTH = 4
const LETTERS_PER_ERROR = 5

/** A label found in a line, and what follows it there. */
export interface FoundLabel {
  readonly label: Label
  /** text behind the label in the same line, often empty */
  readonly rest: string
}

/**
 * Find the label that a line of text is, or begins with. Documents print labels in several languages in one line, parted by
 * slashes: the best-known part decides.
 */
export const findLabel = (text: string): FoundLabel | undefined => {
  const [before = '', ...after] = text.split(':')
  const parts = before.split(/[/(|]|\s-\s/)
  for (const part of parts) {
    const label = labelOf(part)
    if (label) return { label, rest: after.join(':').trim() }
  }
  return leadingLabel(text)
}

/** A label and its value in one line without anything between them, as in "Surname SMITH". */
const leadingLabel = (text: string): FoundLabel | undefined => {
  const words = text.split(' ')
  for (let count = Math.min(3, words.length - 1); count >= 1; count -= 1) {
    const label = labelOf(words.slice(0, count).join(''))
    if (label) return { label, rest: words.slice(count).join(' ') }
  }
  return undefined
}

const labelOf = (text: string): Label | undefined => {
  const word = letters(text)
  if (word.length < 3) return undefined
  let best: Label | undefined
  let least = Number.POSITIVE_INFINITY
  for (const [known, label] of LABELS) {
    const allowed = known.length <= EXACT_LENGTH ? 0 : Math.floor(known.length / LETTERS_PER_ERROR)
    if (Math.abs(known.length - word.length) > allowed) continue
    const distance = editDistance(word, known)
    if (distance <= allowed && distance < least) {
      least = distance
      best = label
    }
  }
  return best
}

const letters = (text: string): string =>
  text
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z]/g, '')

/** How many letters have to be changed, added or dropped to make one word of another. @source Levenshtein, 1965 */
export const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
