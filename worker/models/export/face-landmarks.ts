import { conv, pixels, pool, separableConv } from './layers.ts'
import { OnnxGraph, type Value } from './onnx-graph.ts'
import type { Weights } from './weights.ts'

const SIDE = 112
const MEAN = [122.782, 117.001, 104.298]
/** 68 points, x and y */
const COORDINATES = 136
const LAST_MAP = 7

/** Four convolutions, each adding to the sum of those before it; the first one halves the map. */
const denseBlock = (graph: OnnxGraph, x: Value, weights: Weights, block: string, isFirst: boolean): Value => {
  const window = { stride: 2, padding: 'same' } as const
  const first = isFirst
    ? conv(graph, x, weights.get(`${block}/conv0/filters`), weights.get(`${block}/conv0/bias`), window)
    : separableConv(graph, x, weights, `${block}/conv0`, window)
  let sum = graph.node('Relu', [first])
  // Later sums start from the first convolution's activated output, but from the raw outputs of the others.
  let activated = sum
  for (const layer of [1, 2, 3]) {
    const next = separableConv(graph, activated, weights, `${block}/conv${layer}`, { stride: 1, padding: 'same' })
    sum = graph.node('Add', [sum, next])
    activated = graph.node('Relu', [sum])
  }
  return activated
}

/**
 * Write the 68-point landmark net as ONNX.
 * @throws ModelConversionError when the weights are not the net's
 * @source vladmandic/face-api `src/faceFeatureExtractor/FaceFeatureExtractor.ts`, `src/faceProcessor/FaceProcessor.ts`
 */
export const buildFaceLandmarks = (weights: Weights): Uint8Array => {
  const graph = new OnnxGraph('face-landmarks-68')
  let x = pixels(graph, [SIDE, SIDE], MEAN, 255)
  for (const block of [0, 1, 2, 3]) x = denseBlock(graph, x, weights, `dense${block}`, block === 0)
  x = pool(graph, x, 'AveragePool', LAST_MAP, { stride: 2, padding: 'valid' })
  // The pooled map is one pixel, so flattening it needs no return to NHWC.
  const features = graph.node('Flatten', [x], { axis: 1 })
  const product = graph.node('MatMul', [features, graph.floats(weights.get('fc/weights'))])
  graph.output('points', graph.node('Add', [product, graph.floats(weights.get('fc/bias'))]), ['N', COORDINATES])
  return graph.encode()
}
