import type { Fault } from '../fault.ts'
import type { ChaosStack, ProcessName } from '../stack.ts'

/** Over WORKER_LEASE_MS of the stack, so that its jobs are somebody else's when it wakes up. */
const FREEZE_MS = 6_000
const SKEW_MS = 300_000

const killWorker = async (stack: ChaosStack): Promise<number | undefined> => {
  const pid = await stack.midJob()
  if (pid !== undefined) process.kill(pid, 'SIGKILL')
  return pid
}

/** Frozen before the fault is held, thawed by its heal. */
const freezeWorker = (): Pick<Fault, 'inject' | 'heal'> => {
  let frozen: number | undefined
  return {
    async inject(stack) {
      frozen = await stack.midJob()
      if (frozen !== undefined) process.kill(frozen, 'SIGSTOP')
      return undefined
    },
    async heal() {
      if (frozen !== undefined) process.kill(frozen, 'SIGCONT')
    },
  }
}

const freeze = (name: ProcessName): Pick<Fault, 'inject' | 'heal'> => ({
  async inject(stack) {
    stack.process(name).kill('SIGSTOP')
    return undefined
  },
  async heal(stack) {
    stack.process(name).kill('SIGCONT')
  },
})

const kill = (name: ProcessName): Pick<Fault, 'inject'> => ({
  async inject(stack) {
    await stack.midJob()
    stack.process(name).kill('SIGKILL')
    return undefined
  },
})

/** One replica after the other, as a rolling upgrade does. */
const restart = async (
  stack: ChaosStack,
  names: readonly ProcessName[],
  skewMs: number,
  struck: () => void = () => {},
): Promise<number> => {
  for (const [index, name] of names.entries()) {
    await stack.process(name).end('SIGTERM')
    struck()
    stack.process(name).start({ CHAOS_SKEW_MS: String(index % 2 === 0 ? skewMs : -skewMs) })
    await stack.wholeAgain()
  }
  return names.length
}

const ALL: readonly ProcessName[] = ['api-1', 'node', 'api-2']

/** Of the processes of Muster itself. A new list has its own memory of who is frozen. */
export const processFaults = (): readonly Fault[] => [
  {
    name: 'worker killed in the middle of a job',
    holdMs: 0,
    async inject(stack) {
      await killWorker(stack)
      return undefined
    },
  },
  { name: 'worker frozen past its lease', holdMs: FREEZE_MS, ...freezeWorker() },
  { name: 'node supervisor killed', holdMs: 0, ...kill('node') },
  { name: 'node supervisor frozen', holdMs: FREEZE_MS, ...freeze('node') },
  { name: 'api killed', holdMs: 0, ...kill('api-1') },
  { name: 'api frozen', holdMs: FREEZE_MS, ...freeze('api-2') },
  {
    name: 'both apis killed',
    holdMs: 0,
    async inject(stack) {
      stack.process('api-1').kill('SIGKILL')
      stack.process('api-2').kill('SIGKILL')
      return 2
    },
  },
  {
    name: 'rolling restart of everything',
    holdMs: 0,
    inject: (stack, _random, struck) => restart(stack, ALL, 0, struck),
  },
  {
    name: 'clocks 5 minutes ahead and behind',
    holdMs: 8_000,
    inject: (stack) => restart(stack, ALL, SKEW_MS),
    async heal(stack) {
      await restart(stack, ALL, 0)
    },
  },
  {
    name: 'workers killed again and again',
    holdMs: 0,
    async inject(stack, _random, struck) {
      const rounds = 3
      for (let round = 0; round < rounds; round += 1) {
        const pid = await killWorker(stack)
        struck()
        if (pid !== undefined) await stack.survived(pid)
      }
      return rounds
    },
  },
]
