import { conv, pixels, pool, separableConv } from './layers.ts'
import { OnnxGraph, type Value } from './onnx-graph.ts'
import type { Weights } from './weights.ts'

const MEAN = [117.001, 114.697, 97.404]
const LEAK = { float: 0.10000000149011612 }
/** 5 anchors a cell, 5 numbers an anchor */
const CELL = 25

const leaky = (graph: OnnxGraph, x: Value): Value => graph.node('LeakyRelu', [x], { alpha: LEAK })

/**
 * Write the small face detector as ONNX: any square picture whose side is a multiple of 32.
 * @throws ModelConversionError when the weights are not the detector's
 * @source vladmandic/face-api `src/tinyYolov2/TinyYolov2Base.ts`, `runMobilenet`
 */
export const buildTinyFaceDetector = (weights: Weights): Uint8Array => {
  const graph = new OnnxGraph('tiny-face-detector')
  let x = pixels(graph, ['S', 'S'], MEAN, 255)
  const first = conv(graph, x, weights.get('conv0/filters'), weights.get('conv0/bias'), { stride: 1, padding: 'valid' })
  x = pool(graph, leaky(graph, first), 'MaxPool', 2, { stride: 2, padding: 'same' })
  for (const layer of [1, 2, 3, 4, 5]) {
    x = leaky(graph, separableConv(graph, x, weights, `conv${layer}`, { stride: 1, padding: 'around' }))
    x = pool(graph, x, 'MaxPool', 2, { stride: layer === 5 ? 1 : 2, padding: 'same' })
  }
  x = conv(graph, x, weights.get('conv8/filters'), weights.get('conv8/bias'), { stride: 1, padding: 'valid' })
  graph.output('grid', graph.node('Transpose', [x], { perm: [0, 2, 3, 1] }), ['N', 'G', 'G', CELL])
  return graph.encode()
}
