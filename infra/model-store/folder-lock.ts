import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { codeOf } from './cache-disk.ts'

/** How a lock is kept and taken. */
export interface LockTimes {
  /** the holder says that often that it is alive */
  readonly beatMs: number
  /** one that has not said so for so long is dead, or asleep: then two do the same, which harms nobody */
  readonly staleMs: number
  /** those who wait look that often */
  readonly lookMs: number
}

const TIMES: LockTimes = { beatMs: 2_000, staleMs: 15_000, lookMs: 100 }

const ageMs = async (path: string): Promise<number | undefined> => {
  try {
    // A clock that was set back since makes a dead holder's time the future.
    return Math.abs(Date.now() - (await stat(path)).mtimeMs)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const tryTake = async (path: string, holder: string): Promise<boolean> => {
  try {
    await writeFile(path, holder, { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Moved away before it is removed: of several who find it stale, one moves it. */
const removeStale = async (path: string, incoming: string): Promise<void> => {
  const aside = join(incoming, randomUUID())
  await rename(path, aside).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error
  })
  await rm(aside, { force: true })
}

/**
 * Run `work` while no other process that shares the folder does so under the same name. A file with a heartbeat: processes
 * may sit in several containers, which see neither each other's numbers nor each other's sockets. It saves work that would
 * be done twice; what is written must be right without it.
 * @param incoming a folder on the same file system, for what is thrown away
 */
export const withLock = async <T>(
  path: string,
  incoming: string,
  work: () => Promise<T>,
  { beatMs, staleMs, lookMs }: LockTimes = TIMES,
): Promise<T> => {
  const holder = randomUUID()
  while (!(await tryTake(path, holder))) {
    const age = await ageMs(path)
    if (age !== undefined && age > staleMs) await removeStale(path, incoming)
    else await pause(lookMs)
  }
  const beat = setInterval(() => {
    const now = new Date()
    utimes(path, now, now).catch(() => {})
  }, beatMs).unref()
  try {
    return await work()
  } finally {
    clearInterval(beat)
    const present = await readFile(path, 'utf8').catch(() => undefined)
    if (present === holder) await rm(path, { force: true })
  }
}
