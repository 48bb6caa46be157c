import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** One process of this machine, told apart from any later one that gets the same number. */
export interface ProcessRef {
  readonly pid: number
  /** the kernel's boot id and the process's start in clock ticks since boot */
  readonly startedAt: string
}

/** A program to run in a session of its own, so that Ctrl-C in our terminal does not reach it. */
export interface Launch {
  readonly program: string
  readonly args: readonly string[]
  /** the whole environment: nothing is inherited, so no variable of the user's can redirect the server */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** stdout and stderr are appended here */
  readonly logPath: string
  /** run as this user; possible for root only */
  readonly owner?: Owner
}

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** What `launch` started. `exited` resolves with words for how it ended, never rejects. */
export interface Launched {
  readonly process: ProcessRef | undefined
  readonly exited: Promise<string>
}

/** Where programs are looked for: Debian's own places, whatever the caller's PATH says. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

const POLL_MS = 40
/** A log that has grown beyond this is put aside (once) before a new start. */
const LOG_MAX_BYTES = 20 * 1024 * 1024
/** Positions among the fields of /proc/PID/stat that follow the command's name. @source proc(5) */
const [STATE_FIELD, THREADS_FIELD, START_TIME_FIELD] = [0, 17, 19]

const stat = (pid: number): { gone: boolean; startTicks: string } | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ended = fields[STATE_FIELD] === 'Z' || fields[STATE_FIELD] === 'X'
    // A killed program's first thread may end before the others, which still hold its memory, files and ports.
    const gone = ended && Number(fields[THREADS_FIELD]) <= 1
    return { gone, startTicks: fields[START_TIME_FIELD] ?? '' }
  } catch {
    return undefined
  }
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** @returns undefined when no such process runs; a zombie does not run once its last thread has ended */
export const identify = (pid: number): ProcessRef | undefined => {
  const seen = stat(pid)
  if (!seen || seen.gone) return undefined
  return { pid, startedAt: `${bootId()}:${seen.startTicks}` }
}

/** Whether this very process, not merely its number, still runs. */
export const isAlive = (ref: ProcessRef | undefined): ref is ProcessRef =>
  ref !== undefined && identify(ref.pid)?.startedAt === ref.startedAt

/**
 * Wait for a condition.
 * @returns true as soon as it holds, false when `timeoutMs` passed first
 */
export const until = async (
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  pollMs = POLL_MS,
): Promise<boolean> => {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() >= deadline) return false
    await delay(pollMs)
  }
  return true
}

/** Send a signal to this very process; a process that has gone is no error. */
export const signal = (ref: ProcessRef, name: NodeJS.Signals): void => {
  if (!isAlive(ref)) return
  try {
    process.kill(ref.pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/**
 * End a process: the polite signal first, SIGKILL when `graceMs` passed.
 * @returns false when it had to be killed
 */
export const endProcess = async (
  ref: ProcessRef | undefined,
  polite: NodeJS.Signals,
  graceMs: number,
): Promise<boolean> => {
  if (!isAlive(ref)) return true
  signal(ref, polite)
  if (await until(() => !isAlive(ref), graceMs)) return true
  signal(ref, 'SIGKILL')
  await until(() => !isAlive(ref), graceMs)
  return false
}

/** Open a log for appending; one that has grown too large is put aside under `.1` first. */
export const openLog = (logPath: string): number => {
  if (logSize(logPath) > LOG_MAX_BYTES) renameSync(logPath, `${logPath}.1`)
  return openSync(logPath, 'a', 0o600)
}

/** Start a program that outlives us unless it is stopped. */
export const launch = ({ program, args, env, cwd, logPath, owner }: Launch): Launched => {
  const log = openLog(logPath)
  try {
    const child = spawn(program, args, {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ['ignore', log, log],
      ...owner,
    })
    const exited = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (code, killed) => resolve(killed ? `ended by ${killed}` : `exit code ${code}`))
    })
    child.unref()
    return { process: child.pid === undefined ? undefined : identify(child.pid), exited }
  } finally {
    closeSync(log)
  }
}

/** Bytes in a log now, to tell later what was written since; 0 when there is none. */
export const logSize = (logPath: string): number => statSync(logPath, { throwIfNoEntry: false })?.size ?? 0

/** The lines written to a log since it had this size, without empty ones. */
export const logSince = (logPath: string, sizeBytes: number): readonly string[] => {
  const bytes = statSync(logPath, { throwIfNoEntry: false }) ? readFileSync(logPath) : Buffer.alloc(0)
  const fresh = bytes.subarray(bytes.length < sizeBytes ? 0 : sizeBytes).toString('utf8')
  return fresh.split('\n').filter((line) => line.trim() !== '')
}
