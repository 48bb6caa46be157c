import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { folderId, tryFolderLock, withFolderLock } from '../../../../infra/local/lock.ts'

let dir: string
const children: ChildProcess[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-lock-'))
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
})

const LOCK = new URL('../../../../infra/local/lock.ts', import.meta.url).href

/** Another process that takes the lock and never lets go. */
const holder = async (purpose: string): Promise<ChildProcess> => {
  const script = `
    const { tryFolderLock } = await import(${JSON.stringify(LOCK)})
    const release = await tryFolderLock(${JSON.stringify(dir)}, ${JSON.stringify(purpose)})
    console.log(release ? 'held' : 'refused')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script])
  children.push(child)
  await once(child.stdout, 'data')
  return child
}

it('lets one run at a time', async () => {
  let insideCount = 0
  let mostInside = 0
  let doneCount = 0
  await Promise.all(
    Array.from({ length: 8 }, () =>
      withFolderLock(dir, 'test', async () => {
        insideCount += 1
        mostInside = Math.max(mostInside, insideCount)
        await new Promise((resolve) => setImmediate(resolve))
        insideCount -= 1
        doneCount += 1
      }),
    ),
  )
  expect({ mostInside, doneCount }).toEqual({ mostInside: 1, doneCount: 8 })
})

it('is refused while another process holds it, and free for another purpose', async () => {
  await holder('one')
  expect(await tryFolderLock(dir, 'one')).toBeUndefined()
  const other = await tryFolderLock(dir, 'two')
  expect(other).toBeDefined()
  other?.()
})

it('comes free when its holder is killed', async () => {
  const child = await holder('killed')
  const order: string[] = []
  const waiting = withFolderLock(dir, 'killed', async () => {
    order.push('got it')
  })
  order.push('killing')
  child.kill('SIGKILL')
  await waiting
  expect(order).toEqual(['killing', 'got it'])
})

it('comes free when the work throws', async () => {
  const failing = withFolderLock(dir, 'throws', () => Promise.reject(new Error('boom')))
  await expect(failing).rejects.toThrow('boom')
  const release = await tryFolderLock(dir, 'throws')
  expect(release).toBeDefined()
  release?.()
})

it('knows a folder by every path that leads to it', () => {
  const link = `${dir}-link`
  symlinkSync(dir, link)
  try {
    expect(folderId(link)).toBe(folderId(dir))
  } finally {
    rmSync(link)
  }
})
