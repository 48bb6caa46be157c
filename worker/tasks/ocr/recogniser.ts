import { InferenceError } from '../../runtimes/errors.ts'
import type { Session } from '../../runtimes/runtime.ts'
import type { Pyramid } from './pyramid.ts'
import { type Strip, sampleStrip } from './strip.ts'

/** A piece of a strip to recognise, straightened to `columnCount` columns. */
export interface Crop {
  readonly strip: Strip
  /** shares of the strip's length */
  readonly from: number
  readonly to: number
  /** width for the network, pixels; its height is fixed */
  readonly columnCount: number
}

/** The network's probabilities for one crop: `stepCount` rows of `classCount` values, the first row at `offset`. */
export interface Reading {
  readonly data: Float32Array
  readonly offset: number
  readonly stepCount: number
  readonly classCount: number
}

/** Height of a line as the network takes it, pixels. */
export const LINE_HEIGHT_PX = 48
/** One step of the network's output covers this many columns. */
export const COLUMNS_PER_STEP = 8

/** Widths are rounded up to this, so that few different shapes are ever run: each costs memory for good. */
const WIDTH_STEP_PX = 64
/** More columns than this in one batch gain nothing on a CPU and cost memory: 25 KiB of answer for 8 columns. */
const MAX_BATCH_COLUMNS = 4096
const MAX_BATCH_LINES = 16

const paddedWidth = (columnCount: number): number => Math.ceil(columnCount / WIDTH_STEP_PX) * WIDTH_STEP_PX

/**
 * Run the recogniser over crops, lines of like width together.
 * @param read called once for each crop, in no particular order; the reading is valid only during the call
 * @throws InferenceError from the session, or when the answer has a wrong size
 */
export const recognise = async (
  session: Session,
  pyramid: Pyramid,
  crops: readonly Crop[],
  read: (crop: number, reading: Reading) => void,
): Promise<void> => {
  const [input] = session.inputs
  const [output] = session.outputs
  if (input === undefined || output === undefined)
    throw new InferenceError(new TypeError('the recogniser has no input or no output'))
  for (const batch of batches(crops)) {
    const data = batchInput(pyramid, crops, batch)
    const dims = [batch.members.length, 3, LINE_HEIGHT_PX, batch.width]
    const answer = (await session.run({ [input]: { dims, data } }))[output]
    const [count, steps, classCount] = answer?.dims ?? []
    if (!(answer?.data instanceof Float32Array) || count !== batch.members.length || !steps || !classCount)
      throw new InferenceError(new TypeError('the recogniser gave no probabilities for its batch'))
    for (const [index, crop] of batch.members.entries()) {
      const stepCount = Math.min(steps, Math.ceil((crops[crop] as Crop).columnCount / COLUMNS_PER_STEP))
      read(crop, { data: answer.data, offset: index * steps * classCount, stepCount, classCount })
    }
  }
}

interface Batch {
  readonly width: number
  readonly members: number[]
}

const batches = (crops: readonly Crop[]): readonly Batch[] => {
  const done: Batch[] = []
  const open = new Map<number, Batch>()
  for (const [index, { columnCount }] of crops.entries()) {
    const width = paddedWidth(columnCount)
    let batch = open.get(width)
    const limit = Math.min(MAX_BATCH_LINES, Math.max(1, Math.floor(MAX_BATCH_COLUMNS / width)))
    if (batch === undefined || batch.members.length >= limit) {
      batch = { width, members: [] }
      open.set(width, batch)
      done.push(batch)
    }
    batch.members.push(index)
  }
  return done
}

const batchInput = (pyramid: Pyramid, crops: readonly Crop[], { width, members }: Batch): Float32Array => {
  const channelStride = LINE_HEIGHT_PX * width
  const data = new Float32Array(members.length * 3 * channelStride)
  for (const [index, member] of members.entries()) {
    const { strip, from, to, columnCount } = crops[member] as Crop
    const plane = { data, offset: index * 3 * channelStride, rowStride: width, channelStride }
    sampleStrip(pyramid, strip, plane, columnCount, LINE_HEIGHT_PX, from, to)
  }
  return data
}
