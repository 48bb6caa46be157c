import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ModelConversionError } from './errors.ts'
import type { Constant } from './onnx-graph.ts'

/** One entry of a TensorFlow.js weights manifest. */
interface WeightEntry {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: string
  readonly quantization?: { readonly dtype: string; readonly scale?: number; readonly min?: number }
}

/** A manifest's group: entries that lie one after the other in its files. */
export interface WeightGroup {
  readonly paths: readonly string[]
  readonly weights: readonly WeightEntry[]
}

const WIDTHS: { readonly [dtype: string]: number } = { uint8: 1, float16: 2, uint16: 2, float32: 4, int32: 4 }

/** A float16 as a number. @source IEEE 754 binary16 */
export const halfToNumber = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const READERS: { readonly [dtype: string]: (view: DataView, at: number) => number } = {
  uint8: (view, at) => view.getUint8(at),
  uint16: (view, at) => view.getUint16(at, true),
  float16: (view, at) => halfToNumber(view.getUint16(at, true)),
  float32: (view, at) => view.getFloat32(at, true),
  int32: (view, at) => view.getInt32(at, true),
}

/** The named constants of one model. Every number is a float32, also what was stored smaller or as an integer. */
export class Weights {
  readonly #byName: ReadonlyMap<string, Constant>

  constructor(byName: ReadonlyMap<string, Constant>) {
    this.#byName = byName
  }

  has(name: string): boolean {
    return this.#byName.has(name)
  }

  /** @throws ModelConversionError when there is no such weight */
  get(name: string): Constant {
    const constant = this.#byName.get(name)
    if (!constant) throw new ModelConversionError(`the weights hold no "${name}"`)
    return constant
  }
}

/**
 * Cut concatenated weight bytes into constants, undoing the storage quantisation: `value * scale + min` for whole
 * numbers, widening for float16.
 * @throws ModelConversionError when a stored type is unknown or the bytes do not add up
 * @source tensorflow/tfjs `tfjs-core/src/io/io_utils.ts`, `decodeWeights`
 */
export const decodeWeights = (entries: readonly WeightEntry[], bytes: Uint8Array): Weights => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const byName = new Map<string, Constant>()
  let at = 0
  for (const { name, shape, dtype, quantization } of entries) {
    const stored = quantization?.dtype ?? dtype
    const width = WIDTHS[stored]
    const read = READERS[stored]
    if (width === undefined || read === undefined)
      throw new ModelConversionError(`weight "${name}" is of type ${stored}`)
    const length = shape.reduce((product, dim) => product * dim, 1)
    if (at + length * width > bytes.length) throw new ModelConversionError(`the weights end before "${name}"`)
    const { scale = 1, min = 0 } = quantization ?? {}
    const data = new Float32Array(length)
    for (let i = 0; i < length; i++, at += width) data[i] = read(view, at) * scale + min
    byName.set(name, { dims: shape, data })
  }
  if (at !== bytes.length) throw new ModelConversionError(`${bytes.length - at} bytes of weights are left over`)
  return new Weights(byName)
}

/**
 * Read the weights that a graph model's `weightsManifest` names.
 * @param folder where the model's files lie
 * @throws ModelConversionError
 */
export const readGroups = async (folder: string, groups: readonly WeightGroup[]): Promise<Weights> => {
  const parts = await Promise.all(groups.flatMap((group) => group.paths.map((path) => readFile(join(folder, path)))))
  return decodeWeights(
    groups.flatMap((group) => group.weights),
    Buffer.concat(parts),
  )
}

/** Read the weights of a `*-weights_manifest.json` and the files it names. @throws ModelConversionError */
export const readWeightsManifest = async (path: string): Promise<Weights> =>
  readGroups(dirname(path), JSON.parse(await readFile(path, 'utf8')) as WeightGroup[])
