import { execFile, spawnSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { BundleFacts } from '../../../scripts/bundle/manifest.ts'
import { sealBundle } from '../../../scripts/bundle/seal.ts'
import { newKeyPair } from '../../../scripts/bundle/signature.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')

const FACTS: BundleFacts = {
  version: '1.0.0',
  commit: 'c0ffee',
  changed: false,
  madeAt: '2026-11-21T16:00:00.000Z',
  platform: `linux-${process.arch === 'arm64' ? 'arm64' : 'x64'}`,
  debian: '12',
  node: '24.21.0',
  packages: [],
}

/** A folder that goes with its test. */
export const scratchFolder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-bundle-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/**
 * A signed bundle with the real `install.sh` and a few small files instead of the product: enough for everything that is
 * decided before anything is installed.
 */
export const aSmallBundle = async (facts: Partial<BundleFacts> = {}) => {
  const dir = scratchFolder()
  const folder = join(dir, 'muster-small')
  mkdirSync(join(folder, 'release', 'infra'), { recursive: true })
  cpSync(join(ROOT, 'infra', 'bundle'), join(folder, 'release', 'infra', 'bundle'), { recursive: true })
  for (const to of ['install.sh', 'release/install.sh'])
    cpSync(join(ROOT, 'infra', 'bundle', 'install.sh'), join(folder, to))
  for (const path of ['install.sh', 'release/install.sh']) chmodSync(join(folder, path), 0o755)
  writeFileSync(join(folder, 'release', 'package.json'), '{"version":"1.0.0"}\n')
  writeFileSync(join(folder, 'release', 'empty.txt'), '')
  writeFileSync(join(folder, 'sbom.json'), '{}\n')
  const pair = newKeyPair()
  const key = join(dir, 'vendor.pub')
  writeFileSync(key, pair.publicKey)
  const archive = join(dir, 'small.tar.gz')
  const seal = (out: string, privateKey = pair.privateKey) =>
    sealBundle({ folder, facts: { ...FACTS, ...facts }, privateKey: createPrivateKey(privateKey), out, level: 1 })
  const manifest = await seal(archive)
  return { dir, folder, archive, key, manifest, seal, privateKey: pair.privateKey }
}

/** An archive of a folder as it is now, with whatever tar can put into one. The manifest comes first, as Muster has it. */
export const packAsItIs = (folder: string, out: string, ...more: readonly string[]): string => {
  const name = folder.slice(folder.lastIndexOf('/') + 1)
  const first = [`${name}/MANIFEST.json`, `${name}/MANIFEST.sig`]
  const rest = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => `${name}/${join(entry.parentPath, entry.name).slice(folder.length + 1)}`)
    .filter((path) => !first.includes(path))
    .sort()
  const args = ['--format=ustar', '--no-recursion', '-czf', out, '-C', join(folder, '..'), ...more, ...first, ...rest]
  const { status, stderr } = spawnSync('tar', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return out
}

/** Everything below a folder, with contents and times: equal before and after means untouched. */
export const snapshotOf = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => {
      const { mtimeMs, mode, size } = statSync(path)
      return `${path} ${mode} ${size} ${mtimeMs} ${entryText(path)}`
    })

const entryText = (path: string): string => (statSync(path).isFile() ? readFileSync(path, 'latin1') : '')

export interface Outcome {
  readonly code: number
  readonly said: string
}

/** Run an `install.sh` with nothing of the caller's environment. */
export const install = (folder: string, args: readonly string[], path = process.env.PATH): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile('bash', [join(folder, 'install.sh'), ...args], { env: { PATH: path } }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr }),
    )
  })

/** Where an installation of a test lies: under one folder, of this user, without a service manager. */
export const placesIn = (dir: string): readonly string[] => [
  '--prefix',
  join(dir, 'opt'),
  '--data',
  join(dir, 'data'),
  '--etc',
  join(dir, 'etc'),
  '--user',
  spawnSync('id', ['-un'], { encoding: 'utf8' }).stdout.trim(),
  '--no-systemd',
]
