import { table } from '../../scripts/output.ts'
import type { FaceAccuracy } from './accuracy-faces.ts'

const figure = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '-'

/** The measurement as text: accuracy by variant, time by step, and what neither can tell. */
export const formatFaceAccuracy = ({ rows, speed, limits, thresholdDistance }: FaceAccuracy): string => {
  const accuracy = rows.map(({ variant, same, different, refused }) => [
    variant,
    `${same.matched}/${same.count}`,
    figure(same.medianDistance, 3),
    figure(same.medianSimilarity, 3),
    `${different.matched}/${different.count}`,
    figure(different.leastDistance, 3),
    Object.entries(refused)
      .map(([code, count]) => `${count} ${code}`)
      .join(', ') || '-',
  ])
  const times = speed.map(({ step, leastMs, medianMs }) => [step, figure(leastMs, 2), figure(medianMs, 2)])
  return [
    `face match, same person up to a distance of ${figure(thresholdDistance, 3)}`,
    table([
      ['variant', 'same matched', 'median distance', 'similarity', 'different matched', 'least distance', 'refused'],
      ...accuracy,
    ]),
    table([['step, one core', 'least ms', 'median ms'], ...times]),
    limits.map((limit) => `- ${limit}`).join('\n'),
  ].join('\n\n')
}
