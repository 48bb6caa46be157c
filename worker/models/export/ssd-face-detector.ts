import { conv, depthwiseConv, pixels } from './layers.ts'
import { type Constant, OnnxGraph, type Value } from './onnx-graph.ts'
import type { Weights } from './weights.ts'

const SIDE = 512
/** Raw pixels to -1..1. */
const CENTRE = [127.5, 127.5, 127.5]
const EPSILON = 0.0010000000474974513
const HALVING_LAYERS: ReadonlySet<number> = new Set([2, 4, 6, 12])
/** The layer whose maps feed the predictor of the smallest faces. */
const FINE_LAYER = 11
const ANCHORS = 5118
/** Box offsets are stored times 10, sizes times 5: the variances the net was trained with. */
const OFFSET_VARIANCE = 10
const SIZE_VARIANCE = 5
/** Background, face, padding. */
const CLASSES = 3
const FACE_CLASS = 1

const scalar = (graph: OnnxGraph, value: number): Value => graph.floats({ dims: [], data: Float32Array.of(value) })

const relu6 = (graph: OnnxGraph, x: Value): Value => graph.node('Clip', [x, scalar(graph, 0), scalar(graph, 6)])

const pointwise = (graph: OnnxGraph, x: Value, weights: Weights, name: string, stride = 1): Value =>
  relu6(
    graph,
    conv(graph, x, weights.get(`${name}/weights`), weights.get(`${name}/convolution_bn_offset`), {
      stride,
      padding: 'same',
    }),
  )

/** A depthwise convolution with its batch normalisation folded in. */
const depthwise = (graph: OnnxGraph, x: Value, weights: Weights, name: string, stride: number): Value => {
  const filters = weights.get(`${name}/depthwise_weights`)
  const part = (what: string): Float32Array => weights.get(`${name}/BatchNorm/${what}`).data
  const [gamma, beta, mean, variance] = [part('gamma'), part('beta'), part('moving_mean'), part('moving_variance')]
  const scale = gamma.map((value, i) => value / Math.sqrt((variance[i] ?? 0) + EPSILON))
  const folded: Constant = {
    dims: filters.dims,
    data: filters.data.map((value, i) => value * (scale[i % scale.length] ?? 0)),
  }
  const bias: Constant = {
    dims: [beta.length],
    data: beta.map((value, i) => value - (mean[i] ?? 0) * (scale[i] ?? 0)),
  }
  return relu6(graph, depthwiseConv(graph, x, folded, { stride, padding: 'same' }, bias))
}

/** The picture's features: the fine maps and the coarse ones. */
const mobileNet = (graph: OnnxGraph, weights: Weights): { readonly fine: Value; readonly coarse: Value } => {
  let x = pointwise(graph, pixels(graph, [SIDE, SIDE], CENTRE, 127.5), weights, 'MobilenetV1/Conv2d_0_pointwise', 2)
  let fine = x
  for (let layer = 1; layer <= 13; layer++) {
    const stride = HALVING_LAYERS.has(layer) ? 2 : 1
    x = depthwise(graph, x, weights, `MobilenetV1/Conv2d_${layer}_depthwise`, stride)
    x = pointwise(graph, x, weights, `MobilenetV1/Conv2d_${layer}_pointwise`)
    if (layer === FINE_LAYER) fine = x
  }
  return { fine, coarse: x }
}

/** The six maps that boxes are predicted from, finest first. */
const pyramid = (graph: OnnxGraph, weights: Weights): readonly Value[] => {
  const { fine, coarse } = mobileNet(graph, weights)
  const maps = [fine, coarse]
  let x = coarse
  for (let layer = 0; layer < 8; layer++) {
    x = pointwise(graph, x, weights, `Prediction/Conv2d_${layer}_pointwise`, layer % 2 === 0 ? 1 : 2)
    if (layer % 2 === 1) maps.push(x)
  }
  return maps
}

/** One predictor's convolution over all six maps, as [N, anchors, width]. */
const predict = (graph: OnnxGraph, maps: readonly Value[], weights: Weights, what: string, width: number): Value => {
  const parts = maps.map((map, i) => {
    const name = `Prediction/BoxPredictor_${i}/${what}`
    const window = { stride: 1, padding: 'same' } as const
    const raw = conv(graph, map, weights.get(`${name}/weights`), weights.get(`${name}/biases`), window)
    const channelsLast = graph.node('Transpose', [raw], { perm: [0, 2, 3, 1] })
    return graph.node('Reshape', [channelsLast, graph.integers([0, -1, width])])
  })
  return graph.node('Concat', parts, { axis: 1 })
}

/** Corner anchors as centres and sizes, [1, anchors, 2] each: vertical first, as everywhere in this net. */
const anchorParts = (anchors: Constant): { readonly centres: Constant; readonly sizes: Constant } => {
  const count = anchors.data.length / 4
  const at = (row: number, column: number): number => anchors.data[row * 4 + column] ?? 0
  const sizes = Float32Array.from({ length: count * 2 }, (_, i) => at(i >> 1, (i & 1) + 2) - at(i >> 1, i & 1))
  const centres = sizes.map((size, i) => at(i >> 1, i & 1) + size / 2)
  return { centres: { dims: [1, count, 2], data: centres }, sizes: { dims: [1, count, 2], data: sizes } }
}

const decodeBoxes = (graph: OnnxGraph, encoded: Value, anchors: Constant): Value => {
  const parts = anchorParts(anchors)
  const sizes = graph.floats(parts.sizes)
  const part = (from: number): Value =>
    graph.node('Slice', [encoded, graph.integers([from]), graph.integers([from + 2]), graph.integers([2])])
  const times = (x: Value, by: Value): Value => graph.node('Mul', [x, by])
  const over = (x: Value, by: number): Value => graph.node('Div', [x, scalar(graph, by)])
  const shift = times(over(part(0), OFFSET_VARIANCE), sizes)
  const centre = graph.node('Add', [shift, graph.floats(parts.centres)])
  const half = over(times(graph.node('Exp', [over(part(2), SIZE_VARIANCE)]), sizes), 2)
  return graph.node('Concat', [graph.node('Sub', [centre, half]), graph.node('Add', [centre, half])], { axis: 2 })
}

/**
 * Write the large face detector as ONNX, with the decoding of its boxes inside; suppression stays outside.
 * @throws ModelConversionError when the weights are not the detector's
 * @source vladmandic/face-api `src/ssdMobilenetv1/mobileNetV1.ts`, `predictionLayer.ts`, `outputLayer.ts`
 */
export const buildSsdFaceDetector = (weights: Weights): Uint8Array => {
  const graph = new OnnxGraph('ssd-mobilenet-v1-face')
  const maps = pyramid(graph, weights)
  const boxes = decodeBoxes(
    graph,
    predict(graph, maps, weights, 'BoxEncodingPredictor', 4),
    weights.get('Output/extra_dim'),
  )
  const classes = predict(graph, maps, weights, 'ClassPredictor', CLASSES)
  const face = graph.node('Gather', [classes, graph.scalarInteger(FACE_CLASS)], { axis: 2 })
  graph.output('boxes', boxes, ['N', ANCHORS, 4])
  graph.output('scores', graph.node('Sigmoid', [face]), ['N', ANCHORS])
  return graph.encode()
}
