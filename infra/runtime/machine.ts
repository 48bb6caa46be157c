import { execFile } from 'node:child_process'
import { totalmem } from 'node:os'
import { promisify } from 'node:util'
import type { Gpu, Machine } from '../ports/machine.ts'

/** A driver that hangs, as one with a lost GPU does, must not keep a node from starting. */
const ASK_MS = 5_000
const MIB = 1024 * 1024

const run = promisify(execFile)

/** What `nvidia-smi --query-gpu=index,name,memory.total --format=csv,noheader,nounits` prints. Lines that say less are left out. */
export const parseGpus = (text: string): readonly Gpu[] =>
  text.split('\n').flatMap((line) => {
    const [, index, name, mib] = /^\s*(\d+),\s*(.+),\s*(\d+)\s*$/.exec(line) ?? []
    return index === undefined || name === undefined
      ? []
      : [{ index: Number(index), name, memoryBytes: Number(mib) * MIB }]
  })

/** @param smi NVIDIA's program */
export const createMachine = (smi = 'nvidia-smi'): Machine => ({
  memoryBytes() {
    const limit = process.constrainedMemory()
    return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  },
  async gpus() {
    const args = ['--query-gpu=index,name,memory.total', '--format=csv,noheader,nounits']
    const { stdout } = await run(smi, args, { timeout: ASK_MS, killSignal: 'SIGKILL' }).catch(() => ({ stdout: '' }))
    return parseGpus(stdout)
  },
})
