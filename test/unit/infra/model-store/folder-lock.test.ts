import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { withLock } from '../../../../infra/model-store/folder-lock.ts'

const WAIT = { timeout: 15_000 }
const TIMES = { beatMs: 5, staleMs: 600_000, lookMs: 2 }
let dir: string
let path: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-lock-'))
  path = join(dir, 'lock')
})
afterEach(() => rm(dir, { recursive: true }))

it('lets one in at a time', async () => {
  let inside = 0
  let most = 0
  const work = async () => {
    inside += 1
    most = Math.max(most, inside)
    await new Promise((resolve) => setTimeout(resolve, 5))
    inside -= 1
  }
  await Promise.all(Array.from({ length: 8 }, () => withLock(path, dir, work, TIMES)))
  expect(most).toBe(1)
  expect(await readdir(dir)).toEqual([])
})

it('is let go by work that fails', async () => {
  await expect(withLock(path, dir, () => Promise.reject(new Error('no')), TIMES)).rejects.toThrow('no')
  expect(await withLock(path, dir, async () => 'yes', TIMES)).toBe('yes')
})

it.each([
  ['long ago', -1],
  ['before the clock was set back', 1],
])('is not kept by a holder that died %s', async (_when, sign) => {
  await writeFile(path, 'somebody who was killed')
  const then = new Date(Date.now() + sign * (TIMES.staleMs + 60_000))
  await utimes(path, then, then)
  const all = await Promise.all(Array.from({ length: 4 }, (_, at) => withLock(path, dir, async () => at, TIMES)))
  expect(all).toEqual([0, 1, 2, 3])
  expect(await readdir(dir)).toEqual([])
})

it('is kept by a holder that lives, however long it takes', async () => {
  const { promise: end, resolve } = Promise.withResolvers<void>()
  const first = withLock(path, dir, () => end, TIMES)
  const isBeaten = async (): Promise<boolean> => Date.now() - (await stat(path)).mtimeMs < TIMES.staleMs / 2
  await vi.waitUntil(() => isBeaten().catch(() => false), WAIT)
  // Nearly as old as a dead one's: the holder's next beat makes it young again.
  const long = new Date(Date.now() - TIMES.staleMs + 60_000)
  await utimes(path, long, long)
  await vi.waitUntil(isBeaten, WAIT)
  let isIn = false
  const enter = async () => {
    isIn = true
  }
  const second = withLock(path, dir, enter, TIMES)
  await utimes(path, long, long)
  await vi.waitUntil(isBeaten, WAIT)
  expect(isIn).toBe(false)
  resolve()
  await Promise.all([first, second])
  expect(isIn).toBe(true)
})
