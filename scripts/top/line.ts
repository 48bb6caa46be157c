import { styleText } from 'node:util'

/** What a part of a line is, not how it looks. */
export type Mark = 'title' | 'name' | 'dim' | 'bad' | 'note'

/** A part of a line. */
export interface Segment {
  readonly text: string
  readonly style?: Mark
}

export type Line = readonly Segment[]

const STYLES = {
  title: ['bold'],
  name: ['bold'],
  dim: ['dim'],
  bad: ['red', 'bold'],
  note: ['yellow'],
} as const satisfies Record<Mark, Parameters<typeof styleText>[0]>

/** A part that is nothing special. */
export const plain = (text: string): Segment => ({ text })

/** What people and machines wrote must not command the terminal. */
const harmless = (text: string): string => text.replace(/\p{Cc}/gu, ' ')

/** A text that is exactly so wide. */
export const padded = (text: string, width: number): string => [...text].slice(0, width).join('').padEnd(width)

/** A text in lines of at most so many letters, broken between words. */
export const wrapped = (text: string, width: number): readonly string[] => {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && [...last].length + 1 + [...word].length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** A line that is no wider than the terminal; what is left out shows as a dot at its end. */
export const cut = (line: Line, width: number): Line => {
  const kept: Segment[] = []
  let room = width
  for (const { text, ...more } of line) {
    const letters = [...harmless(text)]
    const fits = letters.length <= room
    kept.push({ ...more, text: (fits ? letters : [...letters.slice(0, Math.max(0, room - 1)), '…']).join('') })
    if (!fits) break
    room -= letters.length
    if (room === 0) break
  }
  return kept
}

/** A line without any looks, for files and pipes. */
export const toPlain = (line: Line): string =>
  line
    .map(({ text }) => text)
    .join('')
    .trimEnd()

/** A line with looks, for a terminal. */
export const toAnsi = (line: Line): string =>
  line
    .map(({ text, style }) => (style ? styleText([...STYLES[style]], text, { validateStream: false }) : text))
    .join('')
