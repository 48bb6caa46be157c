import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort, isFree } from '../../../../infra/local/ports.ts'
import {
  endProcess,
  identify,
  isAlive,
  launch,
  logSince,
  logSize,
  type ProcessRef,
  SYSTEM_PATH,
  until,
} from '../../../../infra/local/process.ts'

const HELD_BYTES = 200 * 1024 * 1024

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-process-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const start = (script: string) => {
  const logPath = join(dir, 'log')
  const launched = launch({
    program: process.execPath,
    args: ['-e', script],
    env: { PATH: SYSTEM_PATH },
    cwd: dir,
    logPath,
  })
  if (!launched.process) throw new Error('it did not start')
  return { ref: launched.process, exited: launched.exited, logPath }
}

const waitForLine = (logPath: string, line: string) => until(() => logSince(logPath, 0).includes(line), 10_000)

describe('a process reference', () => {
  it('means this very process', () => {
    const ref = identify(process.pid)
    expect(ref?.pid).toBe(process.pid)
    expect(isAlive(ref)).toBe(true)
  })

  it('does not mean a later process with the same number', () => {
    const earlier: ProcessRef = { pid: process.pid, startedAt: 'another-boot:1' }
    expect(isAlive(earlier)).toBe(false)
  })

  it('is not alive once the process has ended', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    const ref = identify(child.pid ?? 0)
    await once(child, 'exit')
    expect(ref).toBeDefined()
    expect(isAlive(ref)).toBe(false)
  })

  it('is alive until the last thread of a killed process has let go of its port', async () => {
    for (let tries = 0; tries < 5; tries += 1) {
      // Much memory takes long to give back: long enough to look in between.
      const port = await freePort()
      const child = spawn(process.execPath, [
        '-e',
        `globalThis.held = Buffer.alloc(${HELD_BYTES}, 1)
        require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`,
      ])
      await once(child.stdout, 'data')
      const exited = once(child, 'exit')
      const ref = identify(child.pid ?? 0)
      child.kill('SIGKILL')
      while (isAlive(ref)) await setImmediate()
      expect(await isFree(port)).toBe(true)
      await exited
    }
  }, 60_000)

  it('is not given for a number that no process has', () => {
    expect(identify(2 ** 30)).toBeUndefined()
  })
})

describe('launch', () => {
  it('runs the program in a session of its own, with no variable of ours', async () => {
    const { exited, logPath } = start('console.log(JSON.stringify([Object.keys(process.env), process.pid]))')
    expect(await exited).toBe('exit code 0')
    const [names] = JSON.parse(readFileSync(logPath, 'utf8')) as [string[], number]
    expect(names).toEqual(['PATH'])
  })

  it('says why a program could not be started', async () => {
    const launched = launch({ program: '/no/such/program', args: [], env: {}, cwd: dir, logPath: join(dir, 'log') })
    expect(launched.process).toBeUndefined()
    expect(await launched.exited).toContain('ENOENT')
  })

  it('puts a log aside that has grown too large, and keeps writing at its place', async () => {
    const logPath = join(dir, 'log')
    writeFileSync(logPath, Buffer.alloc(21 * 1024 * 1024, 'x'))
    const { exited } = start('console.log("fresh")')
    await exited
    expect(logSize(`${logPath}.1`)).toBe(21 * 1024 * 1024)
    expect(readFileSync(logPath, 'utf8')).toBe('fresh\n')
  })
})

describe('endProcess', () => {
  it('lets a process end in order', async () => {
    const { ref, exited, logPath } = start(
      `process.on('SIGTERM', () => { console.log('bye'); process.exit(3) }); console.log('up'); setInterval(() => {}, 1000)`,
    )
    await waitForLine(logPath, 'up')
    expect(await endProcess(ref, 'SIGTERM', 10_000)).toBe(true)
    expect(await exited).toBe('exit code 3')
    expect(logSince(logPath, 0)).toContain('bye')
  })

  it('kills a process that does not listen, and says so', async () => {
    const { ref, exited, logPath } = start(
      `process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)`,
    )
    await waitForLine(logPath, 'up')
    expect(await endProcess(ref, 'SIGTERM', 200)).toBe(false)
    expect(await exited).toBe('ended by SIGKILL')
    expect(isAlive(ref)).toBe(false)
  })

  it('leaves a stranger alone that got the number of a process that ended', async () => {
    const { ref, logPath } = start(`console.log('up'); setInterval(() => {}, 1000)`)
    await waitForLine(logPath, 'up')
    expect(await endProcess({ ...ref, startedAt: 'another-boot:1' }, 'SIGTERM', 1_000)).toBe(true)
    expect(isAlive(ref)).toBe(true)
    await endProcess(ref, 'SIGKILL', 10_000)
  })
})

describe('until', () => {
  it('answers false when the condition never holds', async () => {
    expect(await until(() => false, 1)).toBe(false)
  })

  it('answers true at once when the condition holds already', async () => {
    expect(await until(() => true, 0)).toBe(true)
  })
})
