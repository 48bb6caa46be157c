import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv, promisify } from 'node:util'
import { SERVER_PACKAGES } from '../../infra/local/packages.ts'
import { BundleUnavailableError } from './errors.ts'

const run = promisify(execFile)

/** The release whose packages a bundle carries: the one it is installed on. */
export const DEBIAN = '12'
/** What Node's binary links to beside libc; a minimal Debian has it, because its package manager needs it too. */
const NODE_NEEDS = ['libstdc++6']
const BUFFER_BYTES = 64 * 1024 * 1024

/** A package in the bundle. */
export interface DebianPackage {
  readonly name: string
  readonly version: string
  readonly file: string
}

/** Debian's release here; undefined where this is no Debian. */
const debianHere = (): string | undefined => {
  try {
    const { ID, VERSION_ID } = parseEnv(readFileSync('/etc/os-release', 'utf8'))
    return ID === 'debian' ? VERSION_ID : undefined
  } catch {
    return undefined
  }
}

/** One paragraph of `dpkg-deb --field`, by field. */
const fieldOf = (control: string, name: string): string =>
  new RegExp(`^${name}: (.*)$`, 'm').exec(control)?.[1]?.trim() ?? ''

/**
 * Debian's archive, asked as if nothing at all were installed: so the whole closure comes, and no package that merely this
 * machine has is missing on a minimal one. Lists and packages are kept in `cache`.
 */
const download = async (cache: string): Promise<string> => {
  const archives = join(cache, 'archives')
  for (const folder of ['lists/partial', 'archives/partial']) mkdirSync(join(cache, folder), { recursive: true })
  const nothing = join(cache, 'status')
  writeFileSync(nothing, '')
  const options = [
    `Dir::State::status=${nothing}`,
    `Dir::State::lists=${join(cache, 'lists')}`,
    `Dir::Cache=${cache}`,
    `Dir::Cache::archives=${archives}`,
    // The folder is ours, and apt's own user may not enter it.
    'APT::Sandbox::User=root',
    'APT::Keep-Downloaded-Packages=true',
  ].flatMap((option) => ['-o', option])
  const aptGet = async (...args: readonly string[]) => {
    try {
      await run('apt-get', [...options, '-q', ...args], {
        env: { PATH: process.env.PATH, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
        maxBuffer: BUFFER_BYTES,
      })
    } catch (error) {
      const { stderr = '' } = error as { stderr?: string }
      const reason = stderr.split('\n').findLast((line) => /^(E|Err):/.test(line)) ?? String(error)
      throw new BundleUnavailableError(`apt-get could not bring the servers' packages: ${reason}`)
    }
  }
  await aptGet('update')
  // What an earlier run left in another version must not go along.
  await aptGet('autoclean')
  await aptGet('install', '-y', '--download-only', '--no-install-recommends', ...SERVER_PACKAGES, ...NODE_NEEDS)
  return archives
}

/** One package into the bundle. @returns its paragraph for apt's index */
const addPackage = async (
  from: string,
  to: string,
): Promise<{ readonly entry: string; readonly added: DebianPackage }> => {
  const control = (await run('dpkg-deb', ['--field', from], { maxBuffer: BUFFER_BYTES })).stdout.trimEnd()
  const [name, version, architecture] = ['Package', 'Version', 'Architecture'].map((field) => fieldOf(control, field))
  // Without the epoch, whose colon no path of a bundle may have.
  const file = `${name}_${version?.replace(/^\d+:/, '')}_${architecture}.deb`
  copyFileSync(from, join(to, file))
  const bytes = readFileSync(from)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const entry = `${control}\nFilename: ./${file}\nSize: ${bytes.length}\nSHA256: ${sha256}\n`
  return { entry, added: { name: name ?? '', version: version ?? '', file } }
}

/**
 * Put PostgreSQL, RabbitMQ and Redis of Debian into a folder, with everything they need, as an archive that apt installs
 * from. What is installed is then apt's decision on that machine: nothing it has newer goes back.
 * @param cache kept between runs
 * @throws BundleUnavailableError elsewhere than on Debian 12, or when its archive does not answer
 */
export const addDebianPackages = async (to: string, cache: string): Promise<readonly DebianPackage[]> => {
  const here = debianHere()
  if (here !== DEBIAN)
    throw new BundleUnavailableError(
      `the servers' packages are those of Debian ${DEBIAN}: make the bundle there, or with --without-servers`,
    )
  const archives = await download(cache)
  mkdirSync(to, { recursive: true })
  const files = readdirSync(archives)
    .filter((file) => file.endsWith('.deb'))
    .sort()
  const made = []
  for (const file of files) made.push(await addPackage(join(archives, file), to))
  const index = made.sort((a, b) => (a.added.file < b.added.file ? -1 : 1))
  writeFileSync(join(to, 'Packages'), index.map(({ entry }) => entry).join('\n'))
  rmSync(join(cache, 'status'), { force: true })
  return index.map(({ added }) => added)
}
