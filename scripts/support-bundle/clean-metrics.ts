import { isOurText, LEFT_OUT, type LogJudge } from './clean-log.ts'

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)( \d+)?$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g
/** Labels of the library that measures Node itself, and their values. */
const LIBRARY = new Set(
  'le quantile Inf type space kind version major minor patch incremental new old large object'.split(' '),
)
/** What our processes and their library measure. */
const OURS = /^(muster|process|nodejs)_/

const cleanLabels = (labels: string, { source, known, scrub }: LogJudge): string =>
  [...labels.matchAll(LABEL)]
    .map(([, name = '', value = '']) => {
      if (name === 'tenant') return `${name}="${scrub.tenant(value)}"`
      const isHarmless =
        (source.words.has(name) || LIBRARY.has(name)) && isOurText(value, source.words, new Set([...known, ...LIBRARY]))
      return `${isHarmless ? name : 'left_out'}="${isHarmless ? scrub(value) : LEFT_OUT}"`
    })
    .join(',')

/** Metrics in Prometheus' text format: our own, with labels that hold our own words. Pure but for the scrubber's counts. */
export const cleanMetrics = (text: string, judge: LogJudge): string =>
  text
    .split('\n')
    .flatMap((line) => {
      const [, name = '', labels, value = ''] = LINE.exec(line) ?? []
      if (!OURS.test(name) || Number.isNaN(Number(value.replace('Inf', 'Infinity')))) return []
      return [`${name}${labels === undefined ? '' : `{${cleanLabels(labels, judge)}}`} ${value}`]
    })
    .join('\n')
