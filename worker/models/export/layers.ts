import type { Constant, GraphDim, OnnxGraph, Value } from './onnx-graph.ts'
import type { Weights } from './weights.ts'

/**
 * How a layer treats its edges, in TensorFlow's words. `same` pads the lower right more than the upper left where the
 * padding is odd; `around` is one pixel on every side.
 */
export type Padding = 'valid' | 'same' | 'around'

interface Window {
  readonly stride: number
  readonly padding: Padding
}

const edges = (padding: Padding) =>
  padding === 'around' ? { pads: [1, 1, 1, 1] } : { auto_pad: padding === 'same' ? 'SAME_UPPER' : 'VALID' }

const dim = (constant: Constant, axis: number): number => constant.dims[axis] ?? 1

/** Rearrange a convolution's filters [height, width, in, out] to ONNX's [out, in, height, width]. */
export const filtersToOnnx = (filters: Constant): Constant => {
  const [height, width, ins, outs] = [dim(filters, 0), dim(filters, 1), dim(filters, 2), dim(filters, 3)]
  const area = height * width
  const data = new Float32Array(filters.data.length)
  for (let at = 0; at < area; at++)
    for (let from = 0; from < ins; from++)
      for (let to = 0; to < outs; to++)
        data[(to * ins + from) * area + at] = filters.data[(at * ins + from) * outs + to] ?? 0
  return { dims: [outs, ins, height, width], data }
}

/** Rearrange depthwise filters [height, width, in, multiplier] to ONNX's grouped [in * multiplier, 1, height, width]. */
export const depthwiseFiltersToOnnx = (filters: Constant): Constant => {
  const [height, width, ins, multiplier] = [dim(filters, 0), dim(filters, 1), dim(filters, 2), dim(filters, 3)]
  const { data } = filtersToOnnx({ dims: [height, width, 1, ins * multiplier], data: filters.data })
  return { dims: [ins * multiplier, 1, height, width], data }
}

/** A convolution of NCHW maps. @param filters as TensorFlow stores them: [height, width, in, out] */
export const conv = (graph: OnnxGraph, x: Value, filters: Constant, bias: Constant, window: Window): Value =>
  graph.node('Conv', [x, graph.floats(filtersToOnnx(filters)), graph.floats(bias)], {
    kernel_shape: filters.dims.slice(0, 2),
    strides: [window.stride, window.stride],
    ...edges(window.padding),
  })

/** A convolution of each channel by itself. @param filters [height, width, in, multiplier] */
export const depthwiseConv = (
  graph: OnnxGraph,
  x: Value,
  filters: Constant,
  window: Window,
  bias?: Constant,
): Value => {
  const rearranged = depthwiseFiltersToOnnx(filters)
  const inputs = [x, graph.floats(rearranged), ...(bias ? [graph.floats(bias)] : [])]
  return graph.node('Conv', inputs, {
    kernel_shape: filters.dims.slice(0, 2),
    strides: [window.stride, window.stride],
    group: dim(filters, 2),
    ...edges(window.padding),
  })
}

/** A depthwise convolution and the pointwise one behind it, under the names face-api gives their weights. */
export const separableConv = (graph: OnnxGraph, x: Value, weights: Weights, prefix: string, window: Window): Value => {
  const deep = depthwiseConv(graph, x, weights.get(`${prefix}/depthwise_filter`), window)
  return conv(graph, deep, weights.get(`${prefix}/pointwise_filter`), weights.get(`${prefix}/bias`), {
    stride: 1,
    padding: 'valid',
  })
}

/** The greatest or the mean value of each square window. */
export const pool = (
  graph: OnnxGraph,
  x: Value,
  kind: 'MaxPool' | 'AveragePool',
  size: number,
  window: Window,
): Value =>
  graph.node(kind, [x], {
    kernel_shape: [size, size],
    strides: [window.stride, window.stride],
    ...edges(window.padding),
  })

/**
 * The graph's picture: raw pixels [N, height, width, 3] in, normalised NCHW maps out: `(pixel - mean) / scale`.
 * @param mean one number a channel, R, G, B, in pixel values
 */
export const pixels = (
  graph: OnnxGraph,
  size: readonly [GraphDim, GraphDim],
  mean: readonly number[],
  scale: number,
): Value => {
  const image = graph.input('image', 'uint8', ['N', ...size, 3])
  const floats = graph.node('Cast', [image], { to: 1 })
  const maps = graph.node('Transpose', [floats], { perm: [0, 3, 1, 2] })
  const centred = graph.node('Sub', [maps, graph.floats({ dims: [1, 3, 1, 1], data: Float32Array.from(mean) })])
  return graph.node('Div', [centred, graph.floats({ dims: [], data: Float32Array.of(scale) })])
}
