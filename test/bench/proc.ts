import { readFileSync } from 'node:fs'

/** Clock ticks a second in /proc; 100 on every Linux that Muster runs on. @source proc(5) */
const TICKS_PER_SECOND = 100

/** CPU seconds a process has used so far, its threads included. */
export const cpuSeconds = (pid: number): number => {
  // The name stands in parentheses and may hold anything; the numbers begin behind it.
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?=\w )/)
  const [, , , , , , , , , , , user = 0, system = 0] = rest.split(' ').map(Number)
  return (user + system) / TICKS_PER_SECOND
}

/** Resident memory of a process, in megabytes. */
export const residentMb = (pid: number): number => {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}
