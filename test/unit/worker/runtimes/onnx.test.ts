import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InferenceError, RuntimeUnavailableError } from '../../../../worker/runtimes/errors.ts'
import { createOnnxRuntime } from '../../../../worker/runtimes/onnx.ts'
import { probeModel } from '../../../../worker/runtimes/probe-model.ts'

// No GPU is visible to this process, so that the order of devices can be tried on any machine.
process.env.CUDA_VISIBLE_DEVICES = '-1'

let dir: string
let path: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-onnx-'))
  path = join(dir, 'probe.onnx')
  await writeFile(path, probeModel())
})
afterAll(() => rm(dir, { recursive: true }))

const onCpu = () => createOnnxRuntime({ devices: ['cpu'], threads: 1 })

describe('createOnnxRuntime', () => {
  it('runs a model by the names of its tensors', async () => {
    const session = await (await onCpu()).load(path)
    expect([session.inputs, session.outputs]).toEqual([['x'], ['y']])
    const { y } = await session.run({ x: { dims: [3], data: Float32Array.of(-1, 0.5, 2) } })
    expect(y).toEqual({ dims: [3], data: Float32Array.of(0, 0.5, 2) })
    await session.close()
  })

  it('goes on to the next device where one cannot be used, and tells why', async () => {
    const runtime = await createOnnxRuntime({ devices: ['cuda', 'cpu'], threads: 1 })
    expect(runtime.device).toBe('cpu')
    expect(runtime.skipped.map(({ device }) => device)).toEqual(['cuda'])
    const session = await runtime.load(path)
    expect((await session.run({ x: { dims: [1], data: Float32Array.of(4) } })).y?.data[0]).toBe(4)
  })

  it('uses the first device that works', async () => {
    const runtime = await createOnnxRuntime({ devices: ['cpu', 'cuda'], threads: 2 })
    expect([runtime.device, runtime.skipped]).toEqual(['cpu', []])
  })

  it('fails loudly when the only device cannot be used, with what to install and where', async () => {
    const opening = createOnnxRuntime({ devices: ['cuda'], threads: 1 })
    await expect(opening).rejects.toThrow(RuntimeUnavailableError)
    await expect(opening).rejects.toThrow(/^no configured device can run inference \(cuda: .*onnxruntime-node.*cuDNN 9/)
    const { tried, cause } = (await opening.catch((error: unknown) => error)) as RuntimeUnavailableError
    expect(tried.map(({ device }) => device)).toEqual(['cuda'])
    expect((cause as AggregateError).errors).toHaveLength(1)
  })

  it.each([
    ['missing', async () => join(dir, 'nowhere.onnx')],
    [
      'not a model',
      async () => {
        await writeFile(join(dir, 'noise.onnx'), 'this is not a model')
        return join(dir, 'noise.onnx')
      },
    ],
  ])('says which file it cannot load when that is %s', async (_, make) => {
    const file = await make()
    const loading = (await onCpu()).load(file)
    await expect(loading).rejects.toThrow(RuntimeUnavailableError)
    await expect(loading).rejects.toThrow(file)
  })
})

describe('a session', () => {
  it.each([
    ['data that does not fill its shape', { x: { dims: [2], data: Float32Array.of(1) } }],
    ['a tensor of another type', { x: { dims: [1], data: Uint8Array.of(1) } }],
    ['no such input', { picture: { dims: [1], data: Float32Array.of(1) } }],
  ])('refuses %s and stays usable', async (_, feeds) => {
    const session = await (await onCpu()).load(path)
    await expect(session.run(feeds)).rejects.toThrow(InferenceError)
    expect((await session.run({ x: { dims: [1], data: Float32Array.of(7) } })).y?.data[0]).toBe(7)
    await session.close()
  })

  it('can be closed twice and runs no more', async () => {
    const session = await (await onCpu()).load(path)
    await session.close()
    await session.close()
    await expect(session.run({ x: { dims: [1], data: Float32Array.of(1) } })).rejects.toThrow(InferenceError)
  })
})
