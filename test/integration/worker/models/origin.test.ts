import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadModel, openModels } from '../../../../worker/models/registry.ts'
import { createOnnxRuntime } from '../../../../worker/runtimes/onnx.ts'
import { difference, type Golden } from '../../../fixtures/parity/golden.ts'
import { PARITY, type ParityRole, parityInputs } from '../../../fixtures/parity/inputs.ts'
import { preparedModels } from '../../../fixtures/prepared-models.ts'

const REGENERATE = fileURLToPath(new URL('../../../fixtures/parity/regenerate.ts', import.meta.url))
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024

/** What the origin makes of the pictures on this machine, now. It runs in a process of its own. */
let fresh: readonly Golden[]
beforeAll(async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [REGENERATE, '--print'], {
    maxBuffer: MAX_OUTPUT_BYTES,
  })
  fresh = JSON.parse(stdout) as readonly Golden[]
})

describe.each(Object.keys(PARITY) as ParityRole[])('the converted model %s', (role) => {
  it('gives what TensorFlow.js gives on this machine', async () => {
    const models = await openModels({ dir: await preparedModels(), roles: [role] })
    const runtime = await createOnnxRuntime({ devices: ['cpu'], threads: 1 })
    const session = await loadModel(runtime, models.get(role))
    const cases = fresh.find((golden) => golden.role === role)?.cases ?? []
    expect(cases).toHaveLength(3)
    for (const [i, { tensor, sha256 }] of (await parityInputs(role)).entries()) {
      expect(cases[i]?.inputSha256).toBe(sha256)
      const outputs = await session.run({ image: tensor })
      expect(Object.keys(cases[i]?.outputs ?? {}).sort()).toEqual(Object.keys(outputs).sort())
      for (const [name, expected] of Object.entries(cases[i]?.outputs ?? {}))
        expect(difference(expected, outputs[name]), `${name} of picture ${i}`).toBeLessThan(PARITY[role].tolerance)
    }
    await session.close()
  })
})
