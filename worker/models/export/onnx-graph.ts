import { ProtobufMessage } from './protobuf.ts'

/** IR version 8 and operator set 17: the oldest pair that has everything the builders use; onnxruntime reads both since 1.14. */
const IR_VERSION = 8
const OPSET = 17

const DATA_TYPES = { float32: 1, uint8: 2, int64: 7 } as const
type GraphDtype = keyof typeof DATA_TYPES

/** A number is fixed; a name is an axis of any length, the same wherever the name stands. */
export type GraphDim = number | string

/** A node's attribute: a whole number, a text or a list of whole numbers. Floats are marked, since 1 is also whole. */
export type Attribute = number | string | readonly number[] | { readonly float: number }

/** Name of a tensor inside the graph. */
export type Value = string

/** Numbers of a constant, row-major. */
export interface Constant {
  readonly dims: readonly number[]
  readonly data: Float32Array
}

const attribute = (name: string, value: Attribute): ProtobufMessage => {
  const message = new ProtobufMessage().text(1, name)
  if (typeof value === 'number') return message.int(3, value).int(20, 2)
  if (typeof value === 'string') return message.text(4, value).int(20, 3)
  if ('float' in value) return message.float(2, value.float).int(20, 1)
  return message.ints(8, value).int(20, 7)
}

const valueInfo = (name: string, dtype: GraphDtype, dims: readonly GraphDim[]): ProtobufMessage => {
  const shape = new ProtobufMessage()
  for (const dim of dims) {
    const axis = new ProtobufMessage()
    shape.message(1, typeof dim === 'number' ? axis.int(1, dim) : axis.text(2, dim))
  }
  const tensor = new ProtobufMessage().int(1, DATA_TYPES[dtype]).message(2, shape)
  return new ProtobufMessage().text(1, name).message(2, new ProtobufMessage().message(1, tensor))
}

const littleEndian = (data: Float32Array): Uint8Array => {
  const bytes = new Uint8Array(data.length * 4)
  const view = new DataView(bytes.buffer)
  data.forEach((value, i) => {
    view.setFloat32(i * 4, value, true)
  })
  return bytes
}

/**
 * Builds one ONNX model node by node, in execution order. The same calls write the same bytes.
 * @source onnx/onnx `onnx.proto3` for field numbers
 */
export class OnnxGraph {
  readonly #name: string
  readonly #nodes: ProtobufMessage[] = []
  readonly #constants: ProtobufMessage[] = []
  readonly #inputs: ProtobufMessage[] = []
  readonly #outputs: ProtobufMessage[] = []
  #count = 0

  constructor(name: string) {
    this.#name = name
  }

  input(name: string, dtype: GraphDtype, dims: readonly GraphDim[]): Value {
    this.#inputs.push(valueInfo(name, dtype, dims))
    return name
  }

  floats(constant: Constant): Value {
    const name = this.#fresh('weights')
    this.#constants.push(
      new ProtobufMessage()
        .ints(1, constant.dims)
        .int(2, DATA_TYPES.float32)
        .text(8, name)
        .bytes(9, littleEndian(constant.data)),
    )
    return name
  }

  /** A one-dimensional constant of 64-bit integers, as shapes and pads are given. */
  integers(values: readonly number[]): Value {
    return this.#integers([values.length], values)
  }

  /** A constant of one 64-bit integer and no axis: taking it as an index drops the indexed axis. */
  scalarInteger(value: number): Value {
    return this.#integers([], [value])
  }

  /** One operator of the default domain; answers its first output. */
  node(op: string, inputs: readonly Value[], attributes: { readonly [name: string]: Attribute } = {}): Value {
    const output = this.#fresh(op)
    this.#add(op, inputs, output, attributes)
    return output
  }

  /** Publish a value under a name of its own. */
  output(name: string, value: Value, dims: readonly GraphDim[]): void {
    this.#add('Identity', [value], name, {})
    this.#outputs.push(valueInfo(name, 'float32', dims))
  }

  /** The bytes of the .onnx file. */
  encode(): Uint8Array {
    const graph = new ProtobufMessage()
    for (const node of this.#nodes) graph.message(1, node)
    graph.text(2, this.#name)
    for (const constant of this.#constants) graph.message(5, constant)
    for (const input of this.#inputs) graph.message(11, input)
    for (const output of this.#outputs) graph.message(12, output)
    const opset = new ProtobufMessage().text(1, '').int(2, OPSET)
    return new ProtobufMessage().int(1, IR_VERSION).text(2, 'muster').message(7, graph).message(8, opset).finish()
  }

  #add(op: string, inputs: readonly Value[], output: Value, attributes: { readonly [name: string]: Attribute }): void {
    const node = new ProtobufMessage()
    for (const input of inputs) node.text(1, input)
    node.text(2, output).text(3, output).text(4, op)
    for (const [name, value] of Object.entries(attributes)) node.message(5, attribute(name, value))
    this.#nodes.push(node)
  }

  #integers(dims: readonly number[], values: readonly number[]): Value {
    const name = this.#fresh('integers')
    this.#constants.push(new ProtobufMessage().ints(1, dims).int(2, DATA_TYPES.int64).ints(7, values).text(8, name))
    return name
  }

  #fresh(stem: string): Value {
    this.#count += 1
    return `${stem}_${this.#count}`
  }
}
