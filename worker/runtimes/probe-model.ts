import { OnnxGraph } from '../models/export/onnx-graph.ts'

/**
 * A model of one operator that a device must run before it is believed to work: `y = max(x, 0)`.
 * @returns the bytes of an ONNX file; `x` and `y` are float32 [N]
 */
export const probeModel = (): Uint8Array => {
  const graph = new OnnxGraph('probe')
  graph.output('y', graph.node('Relu', [graph.input('x', 'float32', ['N'])]), ['N'])
  return graph.encode()
}
