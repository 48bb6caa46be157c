import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadModel, type Models, openModels } from '../../../../worker/models/registry.ts'
import { createOnnxRuntime } from '../../../../worker/runtimes/onnx.ts'
import type { Runtime, Session, Tensor, TensorData } from '../../../../worker/runtimes/runtime.ts'
import { difference, type Golden } from '../../../fixtures/parity/golden.ts'
import { PARITY, type ParityInput, type ParityRole, parityInputs } from '../../../fixtures/parity/inputs.ts'
import { preparedModels } from '../../../fixtures/prepared-models.ts'

const ROLES = Object.keys(PARITY) as ParityRole[]

let models: Models
let runtime: Runtime
beforeAll(async () => {
  models = await openModels({ dir: await preparedModels(), roles: ROLES })
  runtime = await createOnnxRuntime({ devices: ['cpu'], threads: 1 })
})

const readGolden = async (role: ParityRole): Promise<Golden> =>
  JSON.parse(await readFile(new URL(`../../../fixtures/parity/${role}.golden.json`, import.meta.url), 'utf8')) as Golden

const open = (role: ParityRole): Promise<Session> => loadModel(runtime, models.get(role))

const batchOf = (inputs: readonly ParityInput[]): Tensor => {
  const [first] = inputs
  if (!first) throw new Error('no input')
  const { length } = first.tensor.data
  const isBytes = first.tensor.data instanceof Uint8Array
  const data: TensorData = isBytes ? new Uint8Array(length * inputs.length) : new Float32Array(length * inputs.length)
  inputs.forEach(({ tensor }, i) => {
    if (data instanceof BigInt64Array || tensor.data instanceof BigInt64Array) throw new Error('no picture')
    data.set(tensor.data, i * length)
  })
  return { dims: [inputs.length, ...first.tensor.dims.slice(1)], data }
}

describe.each(ROLES)('the converted model %s', (role) => {
  it('gives what its origin gives', async () => {
    const [golden, inputs, session] = await Promise.all([readGolden(role), parityInputs(role), open(role)])
    expect(inputs.map(({ sha256 }) => sha256)).toEqual(golden.cases.map(({ inputSha256 }) => inputSha256))
    for (const [i, { tensor }] of inputs.entries()) {
      const outputs = await session.run({ image: tensor })
      for (const [name, expected] of Object.entries(golden.cases[i]?.outputs ?? {}))
        expect(difference(expected, outputs[name]), `${name} of ${golden.cases[i]?.picture}`).toBeLessThan(
          PARITY[role].tolerance,
        )
    }
    await session.close()
  })

  it('gives for a batch of three what it gives for three batches of one', async () => {
    const [inputs, session] = await Promise.all([parityInputs(role), open(role)])
    const together = await session.run({ image: batchOf(inputs) })
    for (const [i, { tensor }] of inputs.entries())
      for (const [name, single] of Object.entries(await session.run({ image: tensor }))) {
        const whole = together[name]
        expect(whole?.dims).toEqual([inputs.length, ...single.dims.slice(1)])
        const part = Array.from(whole?.data ?? [], Number).slice(i * single.data.length, (i + 1) * single.data.length)
        const worst = part.reduce((most, value, at) => Math.max(most, Math.abs(value - Number(single.data[at]))), 0)
        expect(worst, `${name} of picture ${i}`).toBeLessThan(PARITY[role].tolerance)
      }
    await session.close()
  })

  it('takes and gives the tensors its card describes', async () => {
    const [inputs, session] = await Promise.all([parityInputs(role), open(role)])
    const { card } = models.get(role)
    expect(session.inputs).toEqual([card.input.name])
    expect([...session.outputs].sort()).toEqual(card.outputs.map(({ name }) => name).sort())
    const outputs = await session.run({ image: batchOf(inputs.slice(0, 2)) })
    const free: { readonly [axis: string]: number } = { N: 2, 'S/32': PARITY[role].side / 32 }
    for (const { name, dims } of card.outputs)
      expect(outputs[name]?.dims).toEqual(dims.map((dim) => (typeof dim === 'number' ? dim : free[dim])))
    await session.close()
  })
})

describe('the small face detector', () => {
  it('takes any square whose side is a multiple of 32', async () => {
    const session = await open('face-detector')
    for (const side of [224, 608]) {
      const { grid } = await session.run({
        image: { dims: [1, side, side, 3], data: new Uint8Array(side * side * 3) },
      })
      expect(grid?.dims).toEqual([1, side / 32, side / 32, 25])
    }
    await session.close()
  })
})
