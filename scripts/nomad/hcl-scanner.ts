/** A place in a text that moves forward. */
export interface Scanner {
  /** does the text go on with this? */
  at(text: string): boolean
  atEnd(): boolean
  /** step over exactly this, if it is next */
  skip(text: string): boolean
  /** step over space and comments, then over this, if it is next; `''` is the end of the text */
  token(text: string): boolean
  /** step over a word of the language, if it is next */
  keyword(word: string): boolean
  /** the next character */
  take(): string
  /** what a sticky pattern finds after space and comments */
  match(pattern: RegExp): RegExpExecArray | undefined
  /** step over space and comments */
  space(): void
  position(): number
  since(position: number): string
  /** @throws what `problem` makes when there is no word */
  word(pattern: RegExp): string
  /** @throws what `problem` makes when something else is next */
  expect(text: string): void
  /** the error for this place */
  problem(why: string): Error
}

const SPACE = /(?:\s+|#.*|\/\/.*|\/\*[\s\S]*?\*\/)*/y

/** Walk through a text. @param problemOf makes the error; the line counts from 1 */
export const createScanner = (text: string, problemOf: (why: string, line: number) => Error): Scanner => {
  let place = 0
  const matchAt = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = place
    const found = pattern.exec(text) ?? undefined
    if (found) place += found[0].length
    return found
  }
  const scanner: Scanner = {
    at: (next) => text.startsWith(next, place),
    atEnd: () => place >= text.length,
    skip: (next) => {
      const found = text.startsWith(next, place)
      if (found) place += next.length
      return found
    },
    token: (next) => {
      scanner.space()
      return next === '' ? scanner.atEnd() : scanner.skip(next)
    },
    keyword: (word) => {
      scanner.space()
      return matchAt(new RegExp(`${word}\\b`, 'y')) !== undefined
    },
    take: () => {
      if (scanner.atEnd()) throw scanner.problem('the text ends in the middle')
      const next = text.charAt(place)
      place += 1
      return next
    },
    match: (pattern) => {
      scanner.space()
      return matchAt(pattern)
    },
    space: () => void matchAt(SPACE),
    position: () => place,
    since: (from) => text.slice(from, place),
    word: (pattern) => {
      const found = scanner.match(pattern)?.[0]
      if (found === undefined) throw scanner.problem('a name is missing')
      return found
    },
    expect: (next) => {
      if (!scanner.token(next)) throw scanner.problem(`\`${next}\` is missing`)
    },
    problem: (why) => problemOf(why, text.slice(0, place).split('\n').length),
  }
  return scanner
}
