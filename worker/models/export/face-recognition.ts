import { conv, pixels, pool } from './layers.ts'
import { type Constant, OnnxGraph, type Value } from './onnx-graph.ts'
import type { Weights } from './weights.ts'

const SIDE = 150
const MEAN = [122.782, 117.001, 104.298]
const DIMENSIONS = 128

/** From this map size on, the halving block's two branches differ by one row and column. */
const LARGEST_UNEVEN_MAP = 8

/** A convolution with its scale layer folded in: `(w x + b) * s + t` is `(s w) x + (s b + t)`. */
const scaledConv = (graph: OnnxGraph, x: Value, weights: Weights, name: string, isHalving = false): Value => {
  const filters = weights.get(`${name}/conv/filters`)
  const bias = weights.get(`${name}/conv/bias`).data
  const scale = weights.get(`${name}/scale/weights`).data
  const shift = weights.get(`${name}/scale/biases`).data
  const of = (numbers: Float32Array, i: number): number => numbers[i] ?? 0
  const scaled: Constant = {
    dims: filters.dims,
    data: filters.data.map((value, i) => value * of(scale, i % scale.length)),
  }
  const shifted: Constant = { dims: [bias.length], data: bias.map((value, i) => value * of(scale, i) + of(shift, i)) }
  return conv(graph, x, scaled, shifted, isHalving ? { stride: 2, padding: 'valid' } : { stride: 1, padding: 'same' })
}

const residual = (graph: OnnxGraph, x: Value, weights: Weights, name: string): Value => {
  const first = graph.node('Relu', [scaledConv(graph, x, weights, `${name}/conv1`)])
  const second = scaledConv(graph, first, weights, `${name}/conv2`)
  return graph.node('Relu', [graph.node('Add', [second, x])])
}

/** Zeros behind the last channel, row and column. */
const padEnd = (graph: OnnxGraph, x: Value, channels: number, pixelsEach: number): Value =>
  graph.node('Pad', [x, graph.integers([0, 0, 0, 0, 0, channels, pixelsEach, pixelsEach])])

/**
 * A residual block that halves the map and may double the channels. The short cut is the mean of 2 x 2 pixels, with
 * empty channels appended; where halving rounds differently, the convolutions get an empty last row and column.
 */
const residualDown = (graph: OnnxGraph, x: Value, weights: Weights, name: string, map: number): Value => {
  const first = graph.node('Relu', [scaledConv(graph, x, weights, `${name}/conv1`, true)])
  const second = scaledConv(graph, first, weights, `${name}/conv2`)
  const [, , ins = 0, outs = 0] = weights.get(`${name}/conv1/conv/filters`).dims
  const shortCut = pool(graph, x, 'AveragePool', 2, { stride: 2, padding: 'valid' })
  const widened = outs > ins ? padEnd(graph, shortCut, outs - ins, 0) : shortCut
  const evened = map <= LARGEST_UNEVEN_MAP ? padEnd(graph, second, 0, 1) : second
  return graph.node('Relu', [graph.node('Add', [widened, evened])])
}

/** The net's blocks in order; a number is the side of the map that a halving block takes. */
const BLOCKS: readonly (readonly [name: string, map?: number])[] = [
  ['conv32_1'],
  ['conv32_2'],
  ['conv32_3'],
  ['conv64_down', 35],
  ['conv64_1'],
  ['conv64_2'],
  ['conv64_3'],
  ['conv128_down', 17],
  ['conv128_1'],
  ['conv128_2'],
  ['conv256_down', 8],
  ['conv256_1'],
  ['conv256_2'],
  ['conv256_down_out', 4],
]

/**
 * Write the face embedding net, dlib's ResNet of 29 convolutions, as ONNX.
 * @throws ModelConversionError when the weights are not the net's
 * @source vladmandic/face-api `src/faceRecognitionNet/FaceRecognitionNet.ts`, `residualLayer.ts`
 */
export const buildFaceRecognition = (weights: Weights): Uint8Array => {
  const graph = new OnnxGraph('face-recognition')
  let x = pixels(graph, [SIDE, SIDE], MEAN, 255)
  x = graph.node('Relu', [scaledConv(graph, x, weights, 'conv32_down', true)])
  x = pool(graph, x, 'MaxPool', 3, { stride: 2, padding: 'valid' })
  for (const [name, map] of BLOCKS)
    x = map === undefined ? residual(graph, x, weights, name) : residualDown(graph, x, weights, name, map)
  const features = graph.node('Flatten', [graph.node('GlobalAveragePool', [x])], { axis: 1 })
  const embedding = graph.node('MatMul', [features, graph.floats(weights.get('fc'))])
  graph.output('embedding', embedding, ['N', DIMENSIONS])
  return graph.encode()
}
