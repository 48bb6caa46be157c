import { spawn } from 'node:child_process'
import { accessSync, closeSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InstallFailedError, PackagesMissingError } from './errors.ts'
import { postgresPrograms } from './postgres.ts'
import { logSince, logSize, openLog, SYSTEM_PATH } from './process.ts'
import { RABBITMQ_PROGRAMS } from './rabbitmq.ts'
import type { ServerName } from './server-kind.ts'

/** Debian's name of each server. */
const PACKAGES: Readonly<Record<ServerName, string>> = {
  postgres: 'postgresql',
  rabbitmq: 'rabbitmq-server',
  redis: 'redis-server',
}

/** All of them, for whoever lists what Muster is made of. */
export const SERVER_PACKAGES: readonly string[] = Object.values(PACKAGES)

/** Asked by packages before they start a service. @source Debian, invoke-rc.d(8) and policy-rc.d */
const POLICY = '/usr/sbin/policy-rc.d'
const POLICY_TEXT = `#!/bin/sh
# Written by Muster while it installs packages, so that no service is started; remove it if it was left behind.
exit 101
`
/** Another package manager may be at work, for example right after boot. */
const LOCK_WAIT_S = 300

const onSystemPath = (program: string): boolean =>
  SYSTEM_PATH.split(':').some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

const isInstalled = (name: ServerName): boolean => {
  if (name === 'postgres') return postgresPrograms() !== undefined
  if (name === 'redis') return onSystemPath('redis-server')
  return existsSync(join(RABBITMQ_PROGRAMS, 'rabbitmq-server')) && onSystemPath('erl') && onSystemPath('epmd')
}

/** Debian packages of those servers that are not installed here. */
export const missingPackages = (names: readonly ServerName[]): readonly string[] =>
  names.filter((name) => !isInstalled(name)).map((name) => PACKAGES[name])

/** The one command a person can type instead of us. */
export const installCommand = (packages: readonly string[]): string =>
  `sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}'`

const runLogged = (program: string, args: readonly string[], logPath: string): Promise<number | null> =>
  new Promise((resolve, reject) => {
    const log = openLog(logPath)
    const child = spawn(program, args, {
      stdio: ['ignore', log, log],
      env: { PATH: SYSTEM_PATH, LANG: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
    })
    closeSync(log)
    child.once('error', reject)
    child.once('exit', resolve)
  })

/**
 * Nor are they to come with the next boot and take the standard ports. What these packages bring is named like them; most
 * bring nothing, and are refused.
 */
const keepFromBoot = async (packages: readonly string[], logPath: string): Promise<void> => {
  if (!onSystemPath('systemctl')) return
  for (const name of packages) await runLogged('systemctl', ['disable', `${name}.service`], logPath)
}

/** Keep packages from starting servers on the standard ports, unless this machine already has a policy of its own. */
const withoutServices = async <T>(work: () => Promise<T>): Promise<T> => {
  const ours = !existsSync(POLICY) || readFileSync(POLICY, 'utf8') === POLICY_TEXT
  const restore = () => {
    if (ours) rmSync(POLICY, { force: true })
  }
  process.once('exit', restore)
  if (ours) writeFileSync(POLICY, POLICY_TEXT, { mode: 0o755 })
  try {
    return await work()
  } finally {
    restore()
    process.off('exit', restore)
  }
}

const install = async (
  look: () => readonly string[],
  elsewhere: string,
  logPath: string,
  onProgress: (line: string) => void,
): Promise<void> => {
  const missing = look()
  if (missing.length === 0) return
  if (!onSystemPath('apt-get')) throw new PackagesMissingError(missing, elsewhere)
  if (process.getuid?.() !== 0) throw new PackagesMissingError(missing, `Run: ${installCommand(missing)}`)
  const logStart = logSize(logPath)
  const wait = ['-o', `DPkg::Lock::Timeout=${LOCK_WAIT_S}`]
  await withoutServices(async () => {
    onProgress(`installing ${missing.join(', ')} with apt-get (log: ${logPath})`)
    // A stale or partly unreachable package list may still be good enough: only the install decides.
    await runLogged('apt-get', [...wait, 'update'], logPath)
    await runLogged('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...missing], logPath)
  })
  await keepFromBoot(missing, logPath)
  if (look().length === 0) return
  const reason = logSince(logPath, logStart).findLast((line) => /^(E:|Err:|dpkg: error)/.test(line))
  throw new InstallFailedError(reason ?? `apt-get did not bring ${look().join(', ')}`, logPath)
}

/**
 * Install what is missing from Debian's archive; nothing when all is there. Servers that the packages bring are started
 * neither now nor at the next boot: the stack runs its own.
 * @param logPath the package manager's output goes here
 * @throws PackagesMissingError when we may not or cannot install, with the command to run
 * @throws InstallFailedError when the package manager fails
 */
export const ensurePackages = (
  names: readonly ServerName[],
  logPath: string,
  onProgress: (line: string) => void,
): Promise<void> =>
  install(
    () => missingPackages(names),
    'Install PostgreSQL, RabbitMQ and Redis with this system’s package manager in the places Debian uses, or set ' +
      'DATABASE_URL, RABBITMQ_URL and REDIS_URL to servers of yours.',
    logPath,
    onProgress,
  )

/**
 * The same for programs that something needs beside the servers.
 * @param tools Debian's package by the program it brings
 * @throws PackagesMissingError, InstallFailedError
 */
export const ensureTools = (
  tools: Readonly<Record<string, string>>,
  logPath: string,
  onProgress: (line: string) => void,
): Promise<void> => {
  const look = () => Object.keys(tools).flatMap((program) => (onSystemPath(program) ? [] : (tools[program] ?? [])))
  return install(look, `Install ${Object.keys(tools).join(', ')}.`, logPath, onProgress)
}
