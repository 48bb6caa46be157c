/** What lines are drawn with. Told apart by everybody, together with their dashes. @source Okabe and Ito, 2008 */
export const COLOURS = ['blue', 'orange', 'green', 'purple', 'grey', 'red'] as const
export type Colour = (typeof COLOURS)[number]

/** What else a chart is drawn with. */
export type Ink = 'grid' | 'axis' | 'future' | 'now' | 'limit'

/**
 * A colour as the style sheet has it at this moment: it differs by day and by night.
 * @param alpha 0 to 1; the style sheet writes six hexadecimal digits, to which two more are added
 */
export const ink = (name: Colour | Ink, alpha = 1): string => {
  const text = getComputedStyle(document.documentElement).getPropertyValue(`--chart-${name}`).trim()
  return alpha === 1
    ? text
    : `${text}${Math.round(alpha * 255)
        .toString(16)
        .padStart(2, '0')}`
}
