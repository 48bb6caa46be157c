/** The recogniser's classes: class 0 is CTC's blank, then the dictionary's characters, then the space. */
export interface Charset {
  readonly classCount: number
  /** class numbers to choose from when a line is printed text: Latin letters, digits and signs */
  readonly printed: Alphabet
  /** class numbers to choose from when a line belongs to a machine-readable zone */
  readonly mrz: Alphabet
}

/** Some of the classes, and the character each of them stands for. */
export interface Alphabet {
  readonly classes: Int32Array
  readonly characters: readonly string[]
}

/** The characters of a machine-readable zone, in the order that its votes are counted. @source ICAO 9303-3, 4.3 */
export const MRZ_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<'

const PRINTED = /^[\x21-\x7e\u00a1-\u024f\u2018-\u201d\u2116]$/u

/**
 * Lay out the recogniser's classes.
 * @param dictionary one character a line, as the model was trained with; a trailing empty line is ignored
 */
export const createCharset = (dictionary: readonly string[]): Charset => {
  const lines = dictionary.at(-1) === '' ? dictionary.slice(0, -1) : dictionary
  const pick = (wanted: (character: string) => boolean, extra: readonly [number, string][] = []): Alphabet => {
    const found = lines.flatMap((character, index) => (wanted(character) ? [[index + 1, character] as const] : []))
    const all = [...found, ...extra]
    return { classes: Int32Array.from(all, ([index]) => index), characters: all.map(([, character]) => character) }
  }
  return {
    classCount: lines.length + 2,
    printed: pick((character) => PRINTED.test(character), [[lines.length + 1, ' ']]),
    mrz: pick((character) => character.length === 1 && MRZ_CHARACTERS.includes(character)),
  }
}
