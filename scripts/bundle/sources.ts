import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { isBundlePath } from './manifest.ts'

const run = promisify(execFile)

/** What runs, and what people read and deploy with. Dashboards and alert rules lie under `infra`. */
const FOLDERS = ['api', 'autoscaler', 'infra', 'nomad', 'scripts', 'worker', 'docs', 'releases']
const FILES = ['package.json', 'package-lock.json', 'LICENSE', 'NOTICE', 'CHANGELOG.md', 'README.md']
/** Sample pictures, for the checks after a start and for load; the rest of that folder is for tests. */
const SAMPLES = 'test/fixtures'
const SAMPLE = /^test\/fixtures\/[\w.-]+\.(jpg|png)$/

/** Where a checkout stands. */
export interface SourceFacts {
  readonly commit: string
  readonly changed: boolean
  readonly madeAt: string
}

const git = async (root: string, ...args: readonly string[]): Promise<string> =>
  (await run('git', ['-C', root, ...args], { maxBuffer: 64 * 1024 * 1024 })).stdout

const walk = (root: string, folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))

const isWanted = (root: string, path: string): boolean =>
  isBundlePath(path) && (!path.startsWith('test/') || SAMPLE.test(path)) && existsSync(join(root, path))

/**
 * The source files that go into a bundle: all that git does not ignore; in a copy without git all that is there. Files that
 * are in no commit go along, because others may need them, and make the bundle one that is `changed`.
 */
export const listSources = async (root: string): Promise<readonly string[]> => {
  const places = [...FOLDERS, SAMPLES].filter((folder) => existsSync(join(root, folder)))
  const known = await git(
    root,
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
    '--',
    ...places,
    ...FILES,
  ).then(
    (text) => text.split('\0'),
    () => [...places.flatMap((folder) => walk(root, folder)), ...FILES],
  )
  return known.filter((path) => path !== '' && isWanted(root, path)).sort()
}

/** Which commit the checkout is of, and whether what would go into the bundle differs from it. */
export const readSourceFacts = async (root: string): Promise<SourceFacts> => {
  try {
    const [commit = '', at = ''] = (await git(root, 'log', '-1', '--format=%H %ct')).trim().split(' ')
    const changes = await git(
      root,
      'status',
      '--porcelain',
      '--untracked-files=no',
      '--',
      ...FOLDERS,
      ...FILES,
      SAMPLES,
    )
    const strangers = await git(
      root,
      'ls-files',
      '-z',
      '--others',
      '--exclude-standard',
      '--',
      ...FOLDERS,
      ...FILES,
      SAMPLES,
    )
    const changed = changes.trim() !== '' || strangers.split('\0').some((path) => path !== '' && isWanted(root, path))
    return { commit, changed, madeAt: new Date(Number(at) * 1000).toISOString() }
  } catch {
    const { mtimeMs } = statSync(join(root, 'package-lock.json'))
    return { commit: 'unknown', changed: true, madeAt: new Date(mtimeMs).toISOString() }
  }
}

/** Copy files that keep their places below a folder. */
export const copyFiles = (from: string, to: string, paths: Iterable<string>): void => {
  for (const path of paths) {
    mkdirSync(dirname(join(to, path)), { recursive: true })
    copyFileSync(join(from, path), join(to, path))
  }
}
