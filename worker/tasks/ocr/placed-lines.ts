import type { DocumentLine } from './document.ts'

/** A line in the page's own directions: how far along its text and across it, pixels. */
export interface PlacedLine {
  readonly text: string
  readonly confidence: number
  readonly left: number
  readonly right: number
  /** of the middle line; grows downwards */
  readonly across: number
  readonly height: number
}

/** Lines from top to bottom, as one reads them. */
export const placeLines = (lines: readonly DocumentLine[], angle: number): readonly PlacedLine[] => {
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  return lines
    .map(({ text, confidence, strip: { left, right, height } }) => ({
      text,
      confidence,
      left: left.x * cos + left.y * sin,
      right: right.x * cos + right.y * sin,
      across: ((left.y + right.y) * cos - (left.x + right.x) * sin) / 2,
      height,
    }))
    .toSorted((a, b) => a.across - b.across)
}
