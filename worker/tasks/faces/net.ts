import type { ModelRef } from '../../../infra/domain/job.ts'
import type { Model } from '../../models/registry.ts'
import { InferenceError } from '../../runtimes/errors.ts'
import type { Session } from '../../runtimes/runtime.ts'

/** A loaded model: what runs it, and what its card says. */
export interface Net {
  readonly session: Session
  readonly model: Model
}

/** The models of some nets, as every result names them. */
export const refsOf = (nets: readonly Net[]): ModelRef[] => nets.map(({ model }) => model.ref)

/** End the sessions of some nets. */
export const closeNets = async (nets: readonly Net[]): Promise<void> => {
  await Promise.all(nets.map(({ session }) => session.close()))
}

/** Draws one picture's input; called only when its turn comes, so that a long batch does not lie in memory at once. */
export type Draw<T> = () => T

/**
 * Most pictures a net is given at a time. On a CPU one at a time is fastest for the small nets: a batch falls out of the
 * cache. A GPU wants more.
 */
export const CPU_BATCH_SIZE = 1

const joined = <T extends Uint8Array | Float32Array>(tiles: readonly [T, ...T[]], length: number): T => {
  const [first] = tiles
  if (tiles.length === 1) return first
  const all = first instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length)
  let at = 0
  for (const tile of tiles) {
    all.set(tile, at)
    at += tile.length
  }
  return all as T
}

/**
 * Run a net of one input over any number of pictures.
 * @param dims of one picture's input, without the batch axis
 * @param batchSize most pictures in one run
 * @param output the net's first output by default
 * @returns each picture's share of the output, in order
 * @throws InferenceError from the session, or when the answer has a wrong size
 */
export const runNet = async <T extends Uint8Array | Float32Array>(
  { session }: Net,
  draws: readonly Draw<T>[],
  dims: readonly number[],
  batchSize: number,
  output = session.outputs[0] ?? '',
): Promise<Float32Array[]> => {
  const [input = ''] = session.inputs
  const answers: Float32Array[] = []
  for (let start = 0; start < draws.length; start += batchSize) {
    const [first, ...others] = draws.slice(start, start + batchSize)
    if (!first) break
    const tiles: [T, ...T[]] = [first(), ...others.map((draw) => draw())]
    const count = tiles.length
    const data = joined(tiles, tiles[0].length * count)
    const { [output]: answer } = await session.run({ [input]: { dims: [count, ...dims], data } })
    if (!(answer?.data instanceof Float32Array) || answer.data.length % count !== 0 || answer.data.length === 0)
      throw new InferenceError(new TypeError(`output ${output} does not hold one answer a picture`))
    const length = answer.data.length / count
    for (let index = 0; index < count; index += 1)
      answers.push(answer.data.subarray(index * length, (index + 1) * length))
  }
  return answers
}

/** One real inference on black pictures, of the size that work will have. */
export const warmNet = async (net: Net, dims: readonly number[], batchSize: number): Promise<void> => {
  const length = dims.reduce((product, dim) => product * dim, 1)
  const draw = net.model.card.input.dtype === 'uint8' ? () => new Uint8Array(length) : () => new Float32Array(length)
  await runNet<Uint8Array | Float32Array>(
    net,
    Array.from({ length: batchSize }, () => draw),
    dims,
    batchSize,
  )
}
