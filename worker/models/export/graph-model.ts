import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ModelConversionError } from './errors.ts'
import { convertNode, type GraphNode, type Known } from './graph-operators.ts'
import { type GraphDim, OnnxGraph } from './onnx-graph.ts'
import { readGroups, type WeightGroup } from './weights.ts'

interface SignatureTensor {
  readonly name: string
  readonly tensorShape: { readonly dim: readonly { readonly size: string }[] }
}

interface GraphModel {
  readonly signature: {
    readonly inputs: { readonly [name: string]: SignatureTensor }
    readonly outputs: { readonly [name: string]: SignatureTensor }
  }
  readonly modelTopology: { readonly node: readonly GraphNode[] }
  readonly weightsManifest: readonly WeightGroup[]
}

/** What the model's one input and one output are called in the ONNX file. */
export interface GraphModelNames {
  readonly model: string
  readonly input: string
  readonly output: string
}

const only = (tensors: { readonly [name: string]: SignatureTensor }, what: string): SignatureTensor => {
  const [tensor, ...others] = Object.values(tensors)
  if (!tensor || others.length > 0) throw new ModelConversionError(`the graph model needs exactly one ${what}`)
  return tensor
}

/** The node a tensor comes from: `name:0` is `name`'s first output. */
const nodeOf = (tensor: string): string => tensor.replace(/:\d+$/, '').replace(/^\^/, '')

const dims = (tensor: SignatureTensor): GraphDim[] =>
  tensor.tensorShape.dim.map(({ size }, axis) => (axis === 0 ? 'N' : Number(size)))

/** Nodes in an order in which each comes after its inputs. */
const inOrder = (nodes: readonly GraphNode[], last: string): readonly GraphNode[] => {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const ordered = new Set<GraphNode>()
  const visit = (name: string): void => {
    const node = byName.get(name)
    if (!node) throw new ModelConversionError(`the graph names no node "${name}"`)
    if (ordered.has(node)) return
    for (const input of node.input ?? []) visit(nodeOf(input))
    ordered.add(node)
  }
  visit(last)
  return [...ordered]
}

/**
 * Convert a TensorFlow.js graph model with one input and one output to ONNX. Maps run as NCHW inside; input and output
 * keep TensorFlow's NHWC. The first axis becomes free.
 * @param path the model's JSON file; its weight files lie beside it
 * @throws ModelConversionError naming the first operator or attribute that is not supported
 * @source tensorflow/tensorflow `tensorflow/core/framework/graph.proto` for the topology
 */
export const convertGraphModel = async (path: string, names: GraphModelNames): Promise<Uint8Array> => {
  const model = JSON.parse(await readFile(path, 'utf8')) as GraphModel
  const weights = await readGroups(dirname(path), model.weightsManifest)
  const input = only(model.signature.inputs, 'input')
  const output = only(model.signature.outputs, 'output')
  const last = nodeOf(output.name)

  const graph = new OnnxGraph(names.model)
  const known = new Map<string, Known>()
  for (const node of inOrder(model.modelTopology.node, last)) {
    if (node.op === 'Const') known.set(node.name, { kind: 'constant', constant: weights.get(node.name) })
    else if (node.op === 'Placeholder')
      known.set(node.name, {
        kind: 'rows',
        value: graph.input(names.input, 'float32', dims(input)),
        rank: dims(input).length,
      })
    else {
      const inputs = (node.input ?? []).map((tensor) => known.get(nodeOf(tensor)))
      known.set(node.name, convertNode(graph, node, inputs))
    }
  }
  const result = known.get(last)
  if (result?.kind !== 'rows') throw new ModelConversionError('the graph model must end in rows, not in maps')
  graph.output(names.output, result.value, dims(output))
  return graph.encode()
}
