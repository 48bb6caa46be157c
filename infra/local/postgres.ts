import { execFile, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { LocalServerFailedError } from './errors.ts'
import { folderId } from './lock.ts'
import { identify, type Owner, SYSTEM_PATH } from './process.ts'
import type { ServerKind, ServerState, Site } from './server-kind.ts'

const run = promisify(execFile)

const TITLE = 'PostgreSQL'
const USER = 'muster'
/** Debian keeps each major version in a folder of its own. */
const PROGRAMS = '/usr/lib/postgresql'
/** For root's checkouts in places the postgres user may not enter, such as /root. */
const OUTSIDE = '/var/lib/muster'
const ANSWER_TIMEOUT_MS = 2_000
const INIT_TIMEOUT_MS = 120_000
const ENV = { PATH: SYSTEM_PATH, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' }

const port = ({ ports }: ServerState): number => ports.postgres ?? 0

/** The folder with `postgres` and `initdb`: of the version that made the data, else of the newest installed. */
export const postgresPrograms = (dataVersion?: string): string | undefined => {
  const versions = existsSync(PROGRAMS) ? readdirSync(PROGRAMS) : []
  const usable = versions.filter((version) => existsSync(join(PROGRAMS, version, 'bin', 'postgres')))
  const version = dataVersion ?? usable.sort((a, b) => Number(b) - Number(a))[0]
  return version !== undefined && usable.includes(version) ? join(PROGRAMS, version, 'bin') : undefined
}

/** PostgreSQL refuses to run as root: Debian's package brings a user for it. */
const ownerForRoot = (site: Site): Owner | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'))
  const [, , uid, gid] = line?.split(':') ?? []
  if (!uid || !gid) throw new LocalServerFailedError(TITLE, 'there is no user `postgres` to run it as', site.logPath)
  return { uid: Number(uid), gid: Number(gid) }
}

/** Who must run it: the owner of the data, which need not be the user of today's package when root starts it. */
const ownerOf = (dataDir: string): Owner | undefined => {
  const { uid, gid } = statSync(dataDir)
  return process.getuid?.() === 0 ? { uid, gid } : undefined
}

const mayEnter = (dir: string, owner: Owner): boolean => spawnSync('test', ['-x', dir], { ...owner }).status === 0

/** Where the data lies: beside the state, or outside when its user cannot reach that. */
const placeData = (site: Site, owner: Owner | undefined): string => {
  const inside = join(site.dir, 'data')
  if (!owner || existsSync(inside) || mayEnter(site.dir, owner)) return inside
  const { dataDir } = site.state
  if (dataDir && existsSync(dataDir)) return dataDir
  const outside = join(OUTSIDE, `${folderId(site.dir)}-postgres`, 'data')
  mkdirSync(dirname(outside), { recursive: true, mode: 0o755 })
  // Of a folder that was deleted since: nobody knows its password any more.
  rmSync(`${outside}.left`, { recursive: true, force: true })
  if (existsSync(outside)) renameSync(outside, `${outside}.left`)
  return outside
}

/** All in one step at the end, so that a killed start leaves either no data folder or a whole one. */
const initialise = async (site: Site, dataDir: string, owner: Owner | undefined): Promise<void> => {
  const programs = postgresPrograms()
  if (!programs) throw new LocalServerFailedError(TITLE, 'it is not installed', site.logPath)
  const draft = `${dataDir}.new`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { mode: 0o700 })
  const passwordFile = join(draft, 'password')
  const cluster = join(draft, 'cluster')
  writeFileSync(passwordFile, site.state.password, { mode: 0o600 })
  if (owner) for (const path of [draft, passwordFile]) chownSync(path, owner.uid, owner.gid)
  const options = ['--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--data-checksums']
  try {
    await run(join(programs, 'initdb'), ['-D', cluster, '-U', USER, `--pwfile=${passwordFile}`, ...options], {
      env: ENV,
      cwd: '/',
      timeout: INIT_TIMEOUT_MS,
      ...owner,
    })
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    throw new LocalServerFailedError(
      TITLE,
      `initdb: ${stderr.trim().split('\n').at(-1) || String(error)}`,
      site.logPath,
    )
  }
  renameSync(cluster, dataDir)
  rmSync(draft, { recursive: true, force: true })
}

/** A pid file whose process has gone would stop PostgreSQL when another program now has that number. */
const dropStalePid = (dataDir: string): void => {
  const path = join(dataDir, 'postmaster.pid')
  if (!existsSync(path)) return
  const pid = Number(readFileSync(path, 'utf8').split('\n')[0])
  const name = identify(pid) ? readFileSync(`/proc/${pid}/comm`, 'utf8').trim() : ''
  if (name !== 'postgres') rmSync(path, { force: true })
}

const settings = (site: Site): readonly string[] => [
  'listen_addresses=127.0.0.1',
  `port=${port(site.state)}`,
  // TCP only: a socket's path may be no longer than 107 bytes, and a checkout may lie deep.
  'unix_socket_directories=',
  'max_connections=200',
  'shared_buffers=128MB',
  'timezone=UTC',
  'log_timezone=UTC',
  // Without the DETAIL of an error, which quotes rows.
  'log_error_verbosity=terse',
  'log_line_prefix=%m [%p] ',
  ...(site.throwAway ? ['fsync=off', 'full_page_writes=off'] : []),
]

/** A private PostgreSQL: durable settings, except for throw-away test servers. */
export const postgres: ServerKind = {
  name: 'postgres',
  title: TITLE,
  portNames: ['postgres'],
  // Fast shutdown: sessions are ended, the data is written out.
  stopSignal: 'SIGINT',
  startTimeoutMs: 60_000,
  stopTimeoutMs: 30_000,
  url: (state) => `postgres://${USER}:${state.password}@127.0.0.1:${port(state)}/postgres`,
  async prepare(site) {
    const owner = ownerForRoot(site)
    const dataDir = placeData(site, owner)
    if (!existsSync(dataDir)) await initialise(site, dataDir, owner)
    chmodSync(dataDir, 0o700)
    dropStalePid(dataDir)
    return { dataDir }
  },
  helpers: () => [],
  command(site) {
    const dataDir = site.state.dataDir ?? join(site.dir, 'data')
    const version = readFileSync(join(dataDir, 'PG_VERSION'), 'utf8').trim()
    const programs = postgresPrograms(version)
    if (!programs)
      throw new LocalServerFailedError(TITLE, `the data is of version ${version}, which is not installed`, site.logPath)
    const owner = ownerOf(dataDir)
    return {
      program: join(programs, 'postgres'),
      args: ['-D', dataDir, ...settings(site).flatMap((setting) => ['-c', setting])],
      env: ENV,
      cwd: '/',
      logPath: site.logPath,
      ...(owner && { owner }),
    }
  },
  async answers(url) {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
    })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query('select 1')
      return true
    } catch {
      return false
    } finally {
      await client.end().catch(() => {})
    }
  },
}
