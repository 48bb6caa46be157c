import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ModelConversionError } from '../../../../../worker/models/export/errors.ts'
import { convertGraphModel } from '../../../../../worker/models/export/graph-model.ts'
import { createOnnxRuntime } from '../../../../../worker/runtimes/onnx.ts'

const base64 = (text: string) => ({ s: Buffer.from(text).toString('base64') })
const list = (...items: readonly number[]) => ({ list: { i: items.map(String) } })
const fused = (...ops: readonly string[]) => ({ list: { s: ops.map((op) => base64(op).s) } })
const WINDOW = { data_format: base64('NHWC'), strides: list(1, 1, 1, 1), dilations: list(1, 1, 1, 1) }

type Attributes = Record<string, object>

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-graph-'))
})
afterAll(() => rm(dir, { recursive: true }))

/** A graph model of one 2 x 2 map with 2 channels: a pointwise convolution, one node under test, flattened. */
const aGraphModel = async (
  name: string,
  node: { op: string; attr?: Attributes; constants?: readonly string[] },
  convolution: Attributes = {},
): Promise<string> => {
  const conv = { ...WINDOW, padding: base64('SAME'), fused_ops: fused('BiasAdd'), ...convolution }
  const weights = [
    { name: 'filters', shape: [1, 1, 2, 2], dtype: 'float32', values: [1, 0, 0, 1] },
    { name: 'bias', shape: [2], dtype: 'float32', values: [0, -10] },
    { name: 'byChannel', shape: [2], dtype: 'float32', values: [10, 100] },
    { name: 'shape', shape: [2], dtype: 'float32', values: [-1, 8] },
  ]
  const tensorShape = (...sizes: readonly number[]) => ({ dim: sizes.map((size) => ({ size: String(size) })) })
  const model = {
    signature: {
      inputs: { in: { name: 'in:0', tensorShape: tensorShape(-1, 2, 2, 2) } },
      outputs: { out: { name: 'out:0', tensorShape: tensorShape(-1, 8) } },
    },
    modelTopology: {
      // The output comes first: order in the file must not matter.
      node: [
        { name: 'out', op: 'Reshape', input: ['tested', 'shape'] },
        { name: 'tested', op: node.op, input: ['conv', ...(node.constants ?? [])], attr: node.attr },
        { name: 'conv', op: '_FusedConv2D', input: ['in', 'filters', 'bias'], attr: conv },
        { name: 'in', op: 'Placeholder' },
        ...weights.map((weight) => ({ name: weight.name, op: 'Const' })),
      ],
    },
    weightsManifest: [{ paths: [`${name}.bin`], weights }],
  }
  await writeFile(join(dir, `${name}.bin`), Buffer.from(Float32Array.from(weights.flatMap((w) => w.values)).buffer))
  await writeFile(join(dir, `${name}.json`), JSON.stringify(model))
  return join(dir, `${name}.json`)
}

const NAMES = { model: 'test', input: 'image', output: 'result' }
const PICTURE = Float32Array.of(1, 11, 2, 12, 3, 13, 4, 14)

const run = async (name: string, path: string): Promise<number[]> => {
  const file = join(dir, `${name}.onnx`)
  await writeFile(file, await convertGraphModel(path, NAMES))
  const session = await (await createOnnxRuntime({ devices: ['cpu'], threads: 1 })).load(file)
  const { result } = await session.run({ image: { dims: [1, 2, 2, 2], data: PICTURE } })
  return Array.from(result?.data ?? [], Number)
}

describe('convertGraphModel', () => {
  it.each([
    ['Relu', {}, [1, 1, 2, 2, 3, 3, 4, 4]],
    ['Mul', { constants: ['byChannel'] }, [10, 100, 20, 200, 30, 300, 40, 400]],
    ['AddV2', { constants: ['byChannel'] }, [11, 101, 12, 102, 13, 103, 14, 104]],
  ])('keeps the order of channels and pixels through %s and flattening', async (op, node, expected) => {
    expect(await run(op, await aGraphModel(op, { op, ...node }))).toEqual(expected)
  })

  it('pads the lower right edge where a window reaches over it', async () => {
    const attr = { ...WINDOW, padding: base64('SAME'), ksize: list(1, 2, 2, 1) }
    expect(await run('pool', await aGraphModel('pool', { op: 'MaxPool', attr }))).toEqual([4, 4, 4, 4, 4, 4, 4, 4])
  })

  it.each([
    ['an operator it does not know', { op: 'Einsum' }, {}, /Einsum "tested": the operator is not supported/],
    ['dilation', { op: 'Relu' }, { dilations: list(1, 2, 2, 1) }, /dilation/],
    ['a stride that is not square', { op: 'Relu' }, { strides: list(1, 1, 2, 1) }, /stride/],
    ['another layout', { op: 'Relu' }, { data_format: base64('NCHW') }, /layout/],
    ['explicit padding', { op: 'Relu' }, { padding: base64('EXPLICIT') }, /padding explicit/],
    ['an activation it does not know', { op: 'Relu' }, { fused_ops: fused('BiasAdd', 'Elu') }, /fusing Elu/],
  ])('refuses %s instead of converting it wrongly', async (what, node, convolution, message) => {
    const path = await aGraphModel(what.replaceAll(' ', '-'), node, convolution)
    await expect(convertGraphModel(path, NAMES)).rejects.toThrow(ModelConversionError)
    await expect(convertGraphModel(path, NAMES)).rejects.toThrow(message)
  })
})
