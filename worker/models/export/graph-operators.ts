import { ModelConversionError } from './errors.ts'
import { conv, type Padding, pool } from './layers.ts'
import type { Constant, OnnxGraph, Value } from './onnx-graph.ts'

/** One node of a TensorFlow graph, as its JSON has it: texts are base64, whole numbers are strings. */
export interface GraphNode {
  readonly name: string
  readonly op: string
  readonly input?: readonly string[]
  readonly attr?: {
    readonly [name: string]: {
      readonly s?: string
      readonly b?: boolean
      readonly list?: { readonly i?: readonly string[]; readonly s?: readonly string[] }
    }
  }
}

/**
 * What a converted node is known as: a constant, `maps` (4 axes, kept as NCHW) or `rows` (anything in TensorFlow's own
 * order).
 */
export type Known =
  | { readonly kind: 'constant'; readonly constant: Constant }
  | { readonly kind: 'maps'; readonly value: Value }
  | { readonly kind: 'rows'; readonly value: Value; readonly rank: number }

type Inputs = readonly (Known | undefined)[]

const text = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString('latin1')

const unsupported = (node: GraphNode, what: string): never => {
  throw new ModelConversionError(`${node.op} "${node.name}": ${what} is not supported`)
}

const constantAt = (node: GraphNode, inputs: Inputs, i: number): Constant => {
  const input = inputs[i]
  return input?.kind === 'constant' ? input.constant : unsupported(node, `input ${i} that is not a constant`)
}

const maps = (graph: OnnxGraph, node: GraphNode, input: Known | undefined): Value => {
  if (input?.kind === 'maps') return input.value
  if (input?.kind === 'rows' && input.rank === 4) return graph.node('Transpose', [input.value], { perm: [0, 3, 1, 2] })
  return unsupported(node, 'an input that is not a map')
}

const rows = (graph: OnnxGraph, node: GraphNode, input: Known | undefined): Value => {
  if (input?.kind === 'rows') return input.value
  if (input?.kind === 'maps') return graph.node('Transpose', [input.value], { perm: [0, 2, 3, 1] })
  return unsupported(node, 'a constant input')
}

/** Stride and padding, after checking that the node asks for nothing that is ignored here. */
const windowOf = (node: GraphNode): { stride: number; padding: Padding } => {
  const { attr = {} } = node
  if (text(attr.data_format?.s) !== 'NHWC') unsupported(node, 'a layout other than NHWC')
  if (attr.dilations?.list?.i?.some((step) => step !== '1')) unsupported(node, 'dilation')
  const [, high, wide] = attr.strides?.list?.i ?? []
  if (high === undefined || high !== wide) unsupported(node, 'a stride that is not square')
  const padding = text(attr.padding?.s).toLowerCase()
  if (padding !== 'same' && padding !== 'valid') return unsupported(node, `padding ${padding}`)
  return { stride: Number(high), padding }
}

/** Apply what was fused behind a product: always the bias first, which the caller has added, then an activation. */
const activate = (graph: OnnxGraph, node: GraphNode, x: Value): Value => {
  const [bias, ...then] = (node.attr?.fused_ops?.list?.s ?? []).map(text)
  if (bias !== 'BiasAdd') unsupported(node, 'fusing without a bias')
  if (then.length === 0) return x
  return then.length === 1 && then[0] === 'Relu' ? graph.node('Relu', [x]) : unsupported(node, `fusing ${then.join()}`)
}

const convert2d = (graph: OnnxGraph, node: GraphNode, inputs: Inputs): Known => {
  const x = maps(graph, node, inputs[0])
  const product = conv(graph, x, constantAt(node, inputs, 1), constantAt(node, inputs, 2), windowOf(node))
  return { kind: 'maps', value: activate(graph, node, product) }
}

const convertPool = (graph: OnnxGraph, node: GraphNode, inputs: Inputs): Known => {
  const [, high, wide] = node.attr?.ksize?.list?.i ?? []
  if (high === undefined || high !== wide) unsupported(node, 'a window that is not square')
  return { kind: 'maps', value: pool(graph, maps(graph, node, inputs[0]), 'MaxPool', Number(high), windowOf(node)) }
}

const convertMatMul = (graph: OnnxGraph, node: GraphNode, inputs: Inputs): Known => {
  if (node.attr?.transpose_a?.b || node.attr?.transpose_b?.b) unsupported(node, 'transposing')
  const product = graph.node('MatMul', [rows(graph, node, inputs[0]), graph.floats(constantAt(node, inputs, 1))])
  const sum = graph.node('Add', [product, graph.floats(constantAt(node, inputs, 2))])
  return { kind: 'rows', value: activate(graph, node, sum), rank: 2 }
}

/** Flattening is the one use of Reshape here: [-1, features]. A fixed batch would be carried along, so it is refused. */
const convertReshape = (graph: OnnxGraph, node: GraphNode, inputs: Inputs): Known => {
  const shape = [...constantAt(node, inputs, 1).data]
  if (shape.length !== 2 || shape[0] !== -1) unsupported(node, `shape [${shape.join()}]`)
  // The features' order is TensorFlow's: back to NHWC before they lose their axes.
  return { kind: 'rows', value: graph.node('Reshape', [rows(graph, node, inputs[0]), graph.integers(shape)]), rank: 2 }
}

/** A map or a row and one number a channel. */
const byChannel =
  (op: string) =>
  (graph: OnnxGraph, node: GraphNode, inputs: Inputs): Known => {
    const [left] = inputs
    const right = constantAt(node, inputs, 1)
    if (right.dims.length !== 1) unsupported(node, 'a constant of several axes')
    if (left?.kind === 'maps') {
      const aligned = graph.floats({ dims: [right.data.length, 1, 1], data: right.data })
      return { kind: 'maps', value: graph.node(op, [left.value, aligned]) }
    }
    if (left?.kind !== 'rows') return unsupported(node, 'a constant first input')
    return { ...left, value: graph.node(op, [left.value, graph.floats(right)]) }
  }

/** An operator that looks at each number by itself, so that the layout does not matter. */
const eachNumber =
  (op: string) =>
  (graph: OnnxGraph, node: GraphNode, inputs: Inputs): Known => {
    const [x] = inputs
    if (x?.kind !== 'maps' && x?.kind !== 'rows') return unsupported(node, 'a constant input')
    return { ...x, value: graph.node(op, [x.value]) }
  }

const convertSoftmax = (graph: OnnxGraph, node: GraphNode, inputs: Inputs): Known => {
  const [x] = inputs
  if (x?.kind !== 'rows') return unsupported(node, 'an input that is not rows')
  return { ...x, value: graph.node('Softmax', [x.value], { axis: -1 }) }
}

const OPERATORS: { readonly [op: string]: (graph: OnnxGraph, node: GraphNode, inputs: Inputs) => Known } = {
  _FusedConv2D: convert2d,
  MaxPool: convertPool,
  _FusedMatMul: convertMatMul,
  Reshape: convertReshape,
  Mul: byChannel('Mul'),
  Add: byChannel('Add'),
  AddV2: byChannel('Add'),
  Relu: eachNumber('Relu'),
  Sigmoid: eachNumber('Sigmoid'),
  Identity: eachNumber('Identity'),
  Softmax: convertSoftmax,
}

/**
 * Convert one node whose inputs are converted already.
 * @throws ModelConversionError when the operator or one of its attributes is not supported
 */
export const convertNode = (graph: OnnxGraph, node: GraphNode, inputs: Inputs): Known => {
  const operator = OPERATORS[node.op]
  return operator ? operator(graph, node, inputs) : unsupported(node, 'the operator')
}
