import type { Session } from '../../../runtimes/runtime.ts'
import { type Charset, MRZ_CHARACTERS } from '../charset.ts'
import { decodeCtc } from '../ctc.ts'
import type { Pyramid } from '../pyramid.ts'
import { COLUMNS_PER_STEP, type Crop, type Reading, recognise } from '../recogniser.ts'
import { type Strip, stripLength } from '../strip.ts'
import type { Peak } from './grid.ts'

/** What the recogniser saw at one place of a row. */
export interface Sighting {
  /** pixels along the row, from the strip's left end */
  readonly at: number
  /** trust in the place: less near the edges of a window, where characters are cut */
  readonly weight: number
  /** probability of each of `MRZ_CHARACTERS` */
  readonly scores: Float32Array
}

/** All that was seen along one row. */
export interface RowSightings {
  readonly sightings: readonly Sighting[]
  readonly peaks: readonly Peak[]
}

/** How rows are shown to the recogniser. */
export interface Look {
  /** width of one character as the recogniser sees it, pixels at its height */
  readonly characterColumns: number
  /** rows are cut this much higher than the detector measured them */
  readonly heightRatio: number
}

/** Characters a window holds: with many more the recogniser begins to skip, with fewer it lacks context for fillers. */
const WINDOW_CHARACTERS = 18
/** How far apart windows begin, at most: the characters cut at their edges are seen whole in the next. */
const WINDOW_STEP = 15
/** A last character alone after fillers is dropped by the recogniser unless it gets a window of its own. */
const TAIL_CHARACTERS = 4.5
/** Looked at beyond both ends of a row, in characters: the detector may have cut it short. */
const MARGIN_CHARACTERS = 1.5
const EDGE_CHARACTERS = 0.8
const EDGE_WEIGHT = 0.4
/** Probabilities below this say nothing. */
const MIN_SCORE = 0.004

/**
 * Read rows through short overlapping windows, as one batch: the recogniser collapses on 44 characters at once.
 * @param pitch distance of two characters, pixels; an estimate will do
 */
export const readWindows = async (
  session: Session,
  pyramid: Pyramid,
  charset: Charset,
  rows: readonly Strip[],
  pitch: number,
  look: Look,
): Promise<readonly RowSightings[]> => {
  const windows = rows.flatMap((strip, row) => cut(strip, pitch, look).map((crop) => ({ row, crop })))
  const result = rows.map(() => ({ sightings: [] as Sighting[], peaks: [] as Peak[] }))
  const crops = windows.map(({ crop }) => crop)
  await recognise(session, pyramid, crops, (index, reading) => {
    const { row, crop } = windows[index] as { row: number; crop: Crop }
    const { sightings, peaks } = result[row] as { sightings: Sighting[]; peaks: Peak[] }
    collect(reading, crop, look, charset, sightings, peaks)
  })
  return result
}

/** Cut a row into windows; shares may reach beyond 0..1 by the margin. */
const cut = (row: Strip, pitch: number, { characterColumns, heightRatio }: Look): readonly Crop[] => {
  const strip = { ...row, height: row.height * heightRatio }
  const length = stripLength(strip)
  const start = -MARGIN_CHARACTERS * pitch
  const end = length + MARGIN_CHARACTERS * pitch
  const size = Math.min(WINDOW_CHARACTERS * pitch, end - start)
  const count = Math.max(1, Math.ceil((end - start - size) / (WINDOW_STEP * pitch)) + 1)
  const stride = count > 1 ? (end - start - size) / (count - 1) : 0
  const window = (from: number, width: number): Crop => ({
    strip,
    from: from / length,
    to: (from + width) / length,
    columnCount: Math.max(COLUMNS_PER_STEP, Math.round((width / pitch) * characterColumns)),
  })
  const tail = Math.min(size, TAIL_CHARACTERS * pitch)
  return [
    ...Array.from({ length: count }, (_, index) => window(start + index * stride, size)),
    window(end - tail, tail),
  ]
}

const collect = (
  reading: Reading,
  { strip, from, to, columnCount }: Crop,
  { characterColumns }: Look,
  { mrz }: Charset,
  sightings: Sighting[],
  peaks: Peak[],
): void => {
  const length = stripLength(strip)
  const perStep = ((to - from) * length * COLUMNS_PER_STEP) / columnCount
  const place = (step: number): number => from * length + (step + 0.5) * perStep
  const edge = (EDGE_CHARACTERS * characterColumns) / COLUMNS_PER_STEP
  const weightAt = (step: number): number => (step < edge || step >= reading.stepCount - edge ? EDGE_WEIGHT : 1)
  for (let step = 0; step < reading.stepCount; step += 1) {
    const base = reading.offset + step * reading.classCount
    const scores = new Float32Array(MRZ_CHARACTERS.length)
    let sum = 0
    for (let index = 0; index < mrz.classes.length; index += 1) {
      const score = reading.data[base + (mrz.classes[index] as number)] as number
      if (score < MIN_SCORE) continue
      const slot = MRZ_CHARACTERS.indexOf(mrz.characters[index] as string)
      scores[slot] = (scores[slot] as number) + score
      sum += score
    }
    if (sum > 0) sightings.push({ at: place(step), weight: weightAt(step), scores })
  }
  for (const { step, confidence } of decodeCtc(reading, mrz))
    peaks.push({ at: place(step), weight: confidence * weightAt(step) })
}
