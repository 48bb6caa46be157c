import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Colour for people on a terminal; plain text into files and pipes, and wherever NO_COLOR is set. */
const paint = (stream: NodeJS.WriteStream, style: Style, text: string): string =>
  styleText(style, text, { stream, validateStream: true })

/** Data, for people and programs: stdout. */
export const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** A message for the person at the terminal: stderr. */
export const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

export const sayDim = (text: string): void => say(paint(process.stderr, 'dim', text))
export const sayGood = (text: string): void => say(paint(process.stderr, 'green', text))
export const sayLoud = (text: string): void => say(paint(process.stderr, ['red', 'bold'], text))

/** Columns padded to their widest cell; two spaces between, none at the end of a line. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
