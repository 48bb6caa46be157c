import type { DocumentLine } from '../../../../../worker/tasks/ocr/document.ts'

/** A line of printed text, 20 pixels high, with its top left corner here. */
export const aLine = (text: string, left: number, top: number, confidence = 0.95): DocumentLine => ({
  text,
  confidence,
  strip: { left: { x: left, y: top + 10 }, right: { x: left + text.length * 11, y: top + 10 }, height: 20 },
})

/** The same lines on a page that lies turned about the picture's corner. */
export const turnedLines = (lines: readonly DocumentLine[], angle: number): readonly DocumentLine[] =>
  lines.map((line) => {
    const turn = ({ x, y }: { x: number; y: number }) => ({
      x: x * Math.cos(angle) - y * Math.sin(angle),
      y: x * Math.sin(angle) + y * Math.cos(angle),
    })
    return { ...line, strip: { ...line.strip, left: turn(line.strip.left), right: turn(line.strip.right) } }
  })

/** The printed part of a passport: labels over their values, in two columns. */
export const PASSPORT_LINES: readonly DocumentLine[] = [
  aLine('UTOPIA PASSPORT', 40, 20),
  aLine('Surname / Nom', 300, 60),
  aLine('ERIKSSON', 300, 84),
  aLine('Passport No.', 640, 60),
  aLine('L898902C3', 640, 84),
  aLine('Given names', 300, 120),
  aLine('ANNA MARIA', 300, 144),
  aLine('Nationality', 300, 180),
  aLine('UTOPIAN', 300, 204),
  aLine('Date of birth', 300, 240),
  aLine('12 AUG 1974', 300, 264),
  aLine('Sex', 640, 240),
  aLine('F', 640, 264),
  aLine('Date of issue', 300, 300),
  aLine('16 APR 2007', 300, 324),
  aLine('Date of expiry', 640, 300),
  aLine('15 APR 2012', 640, 324),
]
