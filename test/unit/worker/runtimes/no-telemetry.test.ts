import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')

/** What native code of the main thread reads after some lines of ours: a child gets the environment as native code has it. */
const nativeEnv = (lines: string): string => {
  const look =
    'console.log(require("child_process").execFileSync("printenv", ["ORT_DISABLE_TELEMETRY"]).toString().trim())'
  const program = `${lines}; import('node:module').then(({ createRequire }) => { const require = createRequire('/'); ${look} })`
  const { ORT_DISABLE_TELEMETRY: _unset, ...env } = process.env
  return spawnSync(process.execPath, ['--input-type=module', '-e', program], { cwd: ROOT, env, encoding: 'utf8' })
    .stdout
}

it('the library still knows the switch that keeps it from calling home', () => {
  const folder = dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')))
  const library = readFileSync(join(folder, 'bin', 'napi-v6', 'linux', process.arch, 'libonnxruntime.so.1'))
  expect(library.includes('ORT_DISABLE_TELEMETRY')).toBe(true)
})

it('is set for native code before a runtime is opened on the main thread', () => {
  const open = `import { createOnnxRuntime } from './worker/runtimes/onnx.ts'; await createOnnxRuntime({ devices: ['cpu'] })`
  expect(nativeEnv(open)).toBe('1\n')
})

it('is set for native code before an inference thread is started', () => {
  const start = `import { InferenceThread } from './worker/inference/inference-thread.ts'; new InferenceThread({}, { log: console })`
  expect(nativeEnv(`${start}; process.on('uncaughtException', () => {})`)).toBe('1\n')
})

it('is not set otherwise, so that these tests can fail', () => {
  expect(nativeEnv('')).toBe('')
})
