import { execFile } from 'node:child_process'
import { totalmem } from 'node:os'
import { promisify } from 'node:util'
import type { Gpu, GpuUse, GpuWatch, Machine } from '../ports/machine.ts'

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

const USE_FIELDS = 'index,name,driver_version,memory.total,memory.used,utilization.gpu'
/** A field that this card or driver does not tell is written `[N/A]` or `[Not Supported]`. */
const known = (text: string | undefined): string | null => (text === undefined || /^\[|^$/.test(text) ? null : text)
const numberOf = (text: string | undefined): number | null => {
  const value = Number(known(text) ?? Number.NaN)
  return Number.isFinite(value) ? value : null
}
const scaled = (value: number | null, factor: number): number | null => (value === null ? null : value * factor)

/** What `nvidia-smi` prints of these fields, as CSV without header and units. Lines that are none of it are left out. */
export const parseGpuUses = (text: string): readonly GpuUse[] =>
  text.split('\n').flatMap((line) => {
    const fields = line.split(',').map((field) => field.trim())
    // A name may have commas of its own.
    const [driver, total, used, utilisation] = fields.slice(-4)
    const [at, name] = [numberOf(fields[0]), fields.slice(1, -4).join(', ')]
    if (at === null || name === '') return []
    return [
      {
        index: at,
        name,
        driver: known(driver),
        memoryBytes: scaled(numberOf(total), MIB),
        memoryUsedBytes: scaled(numberOf(used), MIB),
        utilisationRatio: scaled(numberOf(utilisation), 0.01),
      },
    ]
  })

/** @param smi NVIDIA's program */
export const createMachine = (smi = 'nvidia-smi'): Machine & GpuWatch => {
  const query = async (fields: string): Promise<string> => {
    const args = [`--query-gpu=${fields}`, '--format=csv,noheader,nounits']
    const asked = run(smi, args, { timeout: ASK_MS, killSignal: 'SIGKILL' })
    return (await asked.catch(() => ({ stdout: '' }))).stdout
  }
  return {
    memoryBytes() {
      const limit = process.constrainedMemory()
      return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
    },
    gpus: async () => parseGpus(await query('index,name,memory.total')),
    gpuUses: async () => parseGpuUses(await query(USE_FIELDS)),
  }
}
