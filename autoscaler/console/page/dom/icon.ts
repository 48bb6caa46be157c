import { svg } from './element.ts'

/** How good or bad something is. Each has a shape of its own: colour is never the only sign. */
export type Level = 'well' | 'watch' | 'bad' | 'unknown' | 'note'

const SHAPES: Readonly<Record<Level, string>> = {
  well: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm3.4 4.6-4.1 4.6-2.7-2.6 1-1 1.6 1.5 3.1-3.5Z',
  watch: 'M8 1.3 15.3 14H.7L8 1.3Zm-.8 4.5v4h1.6v-4H7.2Zm0 5.2v1.6h1.6V11H7.2Z',
  bad: 'M5 1h6l4 4v6l-4 4H5l-4-4V5l4-4Zm.6 3.5L4.500 5.600 6.900 8l-2.400 2.400 1.100 1.100L8 9.100l2.400 2.400 1.100-1.100L9.100 8l2.400-2.400-1.100-1.100L8 6.900 5.600 4.500Z',
  unknown:
    'M8 1.500h5A1.500 1.500 0 0 1 14.500 3v10a1.500 1.500 0 0 1-1.500 1.500H3A1.500 1.500 0 0 1 1.500 13V3A1.500 1.500 0 0 1 3 1.500h5Zm-.8 8.700v1.500h1.600v-1.500H7.200Zm.8-5.600c-1.300 0-2.200.8-2.200 2h1.500c0-.4.300-.7.700-.7s.7.300.7.600c0 .8-1.500.9-1.500 2.600h1.500c0-.9 1.500-1.300 1.500-2.600 0-1.100-.9-1.900-2.200-1.900Z',
  note: 'M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13ZM7.200 4.300h1.600v1.600H7.200V4.300Zm0 2.700h1.600v4.700H7.200V7Z',
}

/** Its word, for those who do not see it. */
export const LEVEL_WORDS: Readonly<Record<Level, string>> = {
  well: 'well',
  watch: 'watch',
  bad: 'bad',
  unknown: 'unknown',
  note: 'note',
}

/** The sign of a level. @param label what a screen reader says; '' where the words beside it say it already */
export const icon = (level: Level, label = ''): SVGSVGElement =>
  svg(
    'svg',
    {
      class: `icon is-${level}`,
      viewBox: '0 0 16 16',
      ...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': 'true' }),
    },
    svg('path', { d: SHAPES[level] }),
  )
