import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { layout } from '../../../infra/model-store/layout.ts'
import { openBlobStore } from '../../../infra/object-storage/open-blob-store.ts'
import type { ModelManifest } from '../../../infra/ports/model-store.ts'
import { exitCodeOf } from '../../../scripts/exit-code.ts'
import { registerModels } from '../../../scripts/models.ts'
import { openModels } from '../../../worker/models/registry.ts'
import { preparedModels } from '../../fixtures/prepared-models.ts'

const dir = mkdtempSync(join(tmpdir(), 'muster-models-cli-'))
const KEY = join(dir, 'models-signing-key.pem')
const url = pathToFileURL(join(dir, 'store')).href
let whole: string

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The command in this process: to start one for each takes longer than what it does. */
const models = async (...args: readonly string[]): Promise<Ended> => {
  const program = new Command().exitOverride().option('--dir <folder>')
  registerModels(program)
  const written = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += text
      return true
    }),
  )
  const before = process.exitCode
  try {
    await program.parseAsync(['--dir', dir, 'models', ...args], { from: 'user' })
    return { code: Number(process.exitCode ?? 0), ...written }
  } catch (error) {
    return { code: exitCodeOf(error), stdout: written.stdout, stderr: written.stderr + (error as Error).message }
  } finally {
    process.exitCode = before
    for (const spy of spies) spy.mockRestore()
  }
}
const json = async (...args: readonly string[]) => JSON.parse((await models(...args, '--json')).stdout)

/** The shipped model as somebody's own, another version with another threshold. */
const ownModel = (): string => {
  const { models: cards } = JSON.parse(readFileSync(join(whole, 'manifest.json'), 'utf8'))
  const card = cards.find(({ name }: { name: string }) => name === 'livenessnet')
  const path = join(dir, 'own.onnx')
  copyFileSync(join(whole, card.file), path)
  const thresholds = { live: { value: 0.9, source: 'a test' } }
  writeFileSync(`${path}.json`, JSON.stringify({ ...card, version: '1.1.0', file: 'own.onnx', thresholds }))
  return path
}

beforeAll(async () => {
  vi.stubEnv('MODELS_URL', url)
  vi.stubEnv('MODELS_PUBLIC_KEYS_FILE', join(dir, 'models-public-key.pem'))
  whole = await preparedModels()
  expect((await models('keygen', '--out', dir)).stdout).toMatch(/^[0-9a-f]{16}\n$/)
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(dir, { recursive: true })
})

describe('./muster models', () => {
  it('publishes, puts to use, goes back, and writes what is used into a folder', async () => {
    const published = await json('publish', whole, '--key', KEY, '--only', 'livenessnet', 'antispoof')
    expect(published).toMatchObject([
      { name: 'antispoof', published: true },
      { name: 'livenessnet', published: true },
    ])
    await json('publish', '--model', ownModel(), '--key', KEY)
    const first = await json('use', 'livenessnet@1.0.0', 'antispoof@1.0.0', '--key', KEY, '--note', 'first')
    expect(first).toMatchObject({ sequence: 1, note: 'first' })
    expect((await json('use', 'livenessnet@1.1.0', '--key', KEY)).roles).toMatchObject([
      { role: 'face-antispoof', version: '1.0.0' },
      { role: 'face-liveness', version: '1.1.0' },
    ])
    const pulled = await models('pull', '--to', join(dir, 'pulled'))
    expect(pulled.stderr).toContain('2 models')
    const opened = await openModels({ dir: join(dir, 'pulled') })
    expect(opened.get('face-liveness').threshold('live')).toBe(0.9)
    expect(await json('use', '--set', '1', '--key', KEY)).toMatchObject({ sequence: 3, roles: first.roles })
    const { set, versions } = await json('list')
    expect([set, versions.map(({ version, used }: { version: string; used: boolean }) => [version, used])]).toEqual([
      3,
      [
        ['1.0.0', true],
        ['1.0.0', true],
        ['1.1.0', false],
      ],
    ])
  })

  it('finds what was damaged where it is stored, and mends it by publishing again', async () => {
    const { manifest } = (await json('show', 'antispoof@1.0.0')) as { manifest: ModelManifest }
    const { store } = openBlobStore(url)
    const [piece] = manifest.files[0]?.pieces ?? []
    await store.put(layout.piece(piece?.digest ?? ''), Buffer.from('damaged'), 'application/octet-stream')
    const found = await models('verify')
    expect(found.code).toBe(1)
    expect(found.stdout).toMatch(/antispoof@1\.0\.0 .* damaged in storage: antispoof-1\.0\.0\.onnx/)
    expect(found.stdout).toMatch(/livenessnet@1\.1\.0 .* as signed/)
    await models('publish', whole, '--key', KEY, '--only', 'antispoof')
    expect((await models('verify')).code).toBe(0)
  })

  it('goes back to no set of which a version cannot be trusted any more', async () => {
    const { store } = openBlobStore(url)
    const key = layout.manifest('livenessnet', '1.1.0')
    const bytes = await store.get(key, 1_000_000)
    await store.put(key, Buffer.from('{}'), 'application/json')
    const { code, stderr } = await models('use', '--set', '2', '--key', KEY)
    expect([code, stderr]).toEqual([1, expect.stringContaining('livenessnet@1.1.0 is not trusted')])
    await store.put(key, bytes, 'application/json')
    expect((await json('list')).set).toBe(3)
  })

  it('refuses what it must, with words and an exit code', async () => {
    const readable = join(dir, 'readable.pem')
    copyFileSync(KEY, readable)
    chmodSync(readable, 0o644)
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['use', 'livenessnet@1.0.0', '--key', readable], 2, /chmod 600/],
      [['use', 'livenessnet@9.0.0', '--key', KEY], 3, /no livenessnet@9\.0\.0 is published/],
      [['use', '--set', '99', '--key', KEY], 3, /no set 99/],
      [['keygen', '--out', dir], 2, /is not overwritten/],
      [['pull'], 2, /--to/],
      [['show', 'livenessnet'], 2, /name@1\.2\.3/],
    ]
    for (const [args, wanted, words] of cases) {
      const { code, stderr } = await models(...args)
      expect([code, stderr], args.join(' ')).toEqual([wanted, expect.stringMatching(words)])
    }
  })
})
