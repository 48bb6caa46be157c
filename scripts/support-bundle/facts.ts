import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { availableParallelism, freemem, hostname, loadavg, release, totalmem, uptime } from 'node:os'
import { join } from 'node:path'
import { allVariables } from '../config/variables.ts'
import { findProblems } from '../config.ts'
import { ROOT, type StackPaths } from '../stack/folder.ts'
import { cleanSetting } from './clean-config.ts'

type Env = Readonly<Record<string, string | undefined>>

const PROGRAM_TIMEOUT_MS = 5_000

const answerOf = (program: string, args: readonly string[]): string | null => {
  try {
    return execFileSync(program, args, { cwd: ROOT, timeout: PROGRAM_TIMEOUT_MS, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  } catch {
    return null
  }
}

const readJson = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>

const osName = (): string | null => {
  if (!existsSync('/etc/os-release')) return null
  return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? null
}

/** Versions of Muster, of what it runs on and of what it is made of. */
export const versions = (): object => {
  const { version, dependencies, engines } = readJson(join(ROOT, 'package.json'))
  return {
    muster: version,
    commit: answerOf('git', ['rev-parse', 'HEAD']),
    node: process.versions.node,
    openssl: process.versions.openssl,
    wanted: engines,
    os: osName(),
    kernel: release(),
    dependencies,
  }
}

/** The machine: cores, memory, load, GPUs. */
export const platform = (): object => ({
  ...{ platform: process.platform, arch: process.arch, host: hostname() },
  ...{ cores: availableParallelism(), memoryBytes: totalmem(), freeBytes: freemem() },
  ...{ load: loadavg(), uptimeSeconds: uptime(), user: process.getuid?.() === 0 ? 'root' : 'not root' },
  gpus: answerOf('nvidia-smi', ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader']),
})

/** Every variable, without what opens anything, and what is wrong with them. */
export const configuration = async (env: Env): Promise<object> => {
  const settings = allVariables().map(({ name, byDefault }) => {
    const file = env[`${name}_FILE`]
    const value = env[name]
    if (value) return { name, value: cleanSetting(name, value), from: 'set' }
    if (file) return { name, value: '[in a file]', from: 'file' }
    return { name, value: byDefault ?? null, from: byDefault === undefined ? 'not set' : 'default' }
  })
  return { settings, problems: await findProblems(env) }
}

const spaceAt = async (what: string, path: string) => {
  const found = await statfs(path).catch(() => undefined)
  if (!found) return { what, there: false }
  const { bavail, blocks, bsize, files, ffree } = found
  return { what, there: true, bytes: blocks * bsize, freeBytes: bavail * bsize, files, freeFiles: ffree }
}

/** Room on the disks that Muster writes to. */
export const disks = async (env: Env, { dir, models }: StackPaths): Promise<object> => {
  const storage = env.STORAGE_URL?.startsWith('file:') ? new URL(env.STORAGE_URL).pathname : undefined
  const places = [
    ['stack', dir],
    ['models', env.MODELS_DIR ?? models],
    ['cache of models', env.MODELS_CACHE_DIR],
    ['storage', storage],
  ]
  return Promise.all(places.flatMap(([what, path]) => (what && path ? [spaceAt(what, path)] : [])))
}

/** The models of a folder: what decides, by digest. */
export const modelsIn = (dir: string): object => {
  const { models = [] } = readJson(join(dir, 'manifest.json')) as { models?: Record<string, unknown>[] }
  return models.map(({ role, name, version, digest, thresholds }) => ({ role, name, version, digest, thresholds }))
}
