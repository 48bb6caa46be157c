import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../../infra/domain/errors.ts'
import { endProcess, identify, logSince, logSize, openLog, type ProcessRef } from '../../infra/local/process.ts'
import { ROOT, type ServiceName } from './folder.ts'

/** One of our own processes ended while it should run. The message says how, its last words, and where its log is. */
export class ServiceFailedError extends AppError {
  readonly code = 'SERVICE_FAILED'
  readonly retryable = false
  readonly service: ServiceName
  constructor(service: ServiceName, reason: string, logPath: string) {
    super(`${service} ${reason} (log: ${logPath})`)
    this.service = service
  }
}

export interface ServicePlan {
  readonly name: ServiceName
  /** relative to the checkout */
  readonly entry: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly logPath: string
  /** longer than the process's own drain */
  readonly stopTimeoutMs: number
}

export interface Service {
  readonly name: ServiceName
  /** undefined while it is down */
  process(): ProcessRef | undefined
  /** rejects with ServiceFailedError when it ends for good without having been asked to */
  readonly failed: Promise<never>
  /** until this is called the first end is for good: a start that fails should say so, not try again */
  settled(): void
  /** the lines of its log since its last start that most likely tell of a fault */
  lastWords(): readonly string[]
  /** the error for something it did, with its last words */
  failure(what: string): ServiceFailedError
  stop(): Promise<void>
}

const FIRST_DELAY_MS = 1_000
const MAX_DELAY_MS = 30_000
/** Ends within this time of one another count as one series. */
const SERIES_MS = 60_000
const SERIES_MAX = 5
const LAST_WORDS_MAX = 3

/** A line of our JSON logs as a person would say it; other lines as they are. */
const inWords = (line: string): string => {
  try {
    const { msg, error } = JSON.parse(line) as { msg?: string; error?: { name?: string; message?: string } }
    return [msg, error?.message ?? error?.name].filter(Boolean).join(': ')
  } catch {
    return line.trim()
  }
}

const FAULT = /"level":"(error|fatal)"|^\w*Error\b|^\s+- /

/** The lines of a log that most likely say why its process ended. */
const pickWords = (lines: readonly string[]): readonly string[] => {
  const telling = lines.filter((line) => FAULT.test(line)).slice(-LAST_WORDS_MAX)
  return (telling.length > 0 ? telling : lines.slice(-1)).map(inWords)
}

/** @param log an open file, which the child has from then on */
const begin = ({ entry, env }: ServicePlan, log: number): ChildProcess => {
  const child = spawn(process.execPath, [resolve(ROOT, entry)], {
    cwd: ROOT,
    env,
    detached: true,
    // The channel tells the child when we have died: it then drains by itself.
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  return child
}

/**
 * Start one of our own processes and keep it running: one that ends by itself is reported and started again, with a
 * growing delay, until it has ended too often.
 * @param onChange a process was started or ended
 * @param warn tells the person; each line stands alone
 */
export const startService = (
  plan: ServicePlan,
  onChange: (process: ProcessRef | undefined) => void,
  warn: (line: string) => void,
): Service => {
  let current: ProcessRef | undefined
  let stopping = false
  let isSettled = false
  let ends: number[] = []
  const stopped = new AbortController()
  const { promise: failed, reject: giveUp } = Promise.withResolvers<never>()
  failed.catch(() => {})

  let logStart = 0
  const lastWords = () => pickWords(logSince(plan.logPath, logStart))
  const failure = (what: string) => new ServiceFailedError(plan.name, [what, ...lastWords()].join('; '), plan.logPath)

  const run = (): void => {
    const log = openLog(plan.logPath)
    logStart = logSize(plan.logPath)
    const child = begin(plan, log)
    current = child.pid === undefined ? undefined : identify(child.pid)
    child.once('error', (error) => void onEnd(`could not be started: ${error.message}`))
    child.once('exit', (code, signal) => void onEnd(signal ? `was ended by ${signal}` : `ended with ${code}`))
    onChange(current)
  }

  const onEnd = async (how: string): Promise<void> => {
    current = undefined
    onChange(current)
    if (stopping) return
    ends = [...ends.filter((at) => at > performance.now() - SERIES_MS), performance.now()]
    const forGood = isSettled ? ends.length >= SERIES_MAX : true
    if (forGood) {
      const count = isSettled ? `, ${ends.length} times in a minute` : ''
      giveUp(failure(how + count))
      return
    }
    for (const line of [`${plan.name} ${how} and is started again`, ...lastWords().map((word) => `  ${word}`)])
      warn(line)
    await delay(Math.min(FIRST_DELAY_MS * 2 ** (ends.length - 1), MAX_DELAY_MS), undefined, {
      signal: stopped.signal,
    }).catch(() => {})
    if (!stopping) run()
  }

  run()
  return {
    name: plan.name,
    process: () => current,
    failed,
    lastWords,
    failure,
    settled() {
      isSettled = true
    },
    async stop() {
      stopping = true
      stopped.abort()
      await endProcess(current, 'SIGTERM', plan.stopTimeoutMs)
    },
  }
}
