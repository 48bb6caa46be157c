import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('../../../fixtures/tasks/stuck-process.ts', import.meta.url))
let folder: string
let pipe: string
let child: ChildProcess

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-hang-'))
  pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
})

afterEach(() => {
  child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

const runProgram = async (when: 'hung' | 'busy') => {
  child = spawn(process.execPath, [program, pipe, when], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal, output }
}

// Without the executor's own end, `process.exit` waits for the thread in the kernel, and these tests run into their timeout.
describe('a native call that never comes back', () => {
  it('fails its batch and does not keep the process from ending', async () => {
    const { code, signal, output } = await runProgram('hung')
    expect(output).toContain('the batch was rejected')
    expect([code, signal]).toEqual([null, 'SIGKILL'])
  })

  it('does not keep a process from exiting at once while the call is young', async () => {
    const { code, signal } = await runProgram('busy')
    expect([code, signal]).toEqual([null, 'SIGKILL'])
  })
})
