import type { Logger } from '../ports/logger.ts'
import { Lifecycle } from './lifecycle.ts'

const DRAIN = 'muster:drain'

/**
 * Drain this process, for whoever was told so in another way than by a signal. It raises none, on purpose: the one that
 * tells a whole group of processes to end may come before or after, and a second signal would mean to exit at once.
 */
export const drainThisProcess = (): void => void (process as NodeJS.EventEmitter).emit(DRAIN)

/**
 * Run one process from start to exit. SIGTERM or SIGINT drains; a second one of the same kind exits at once with 1.
 * Exit code: 0 clean, 1 when starting, running or stopping failed.
 * @param graceMs time allowed for the whole drain; keep it below the orchestrator's kill timeout
 * @param start opens everything and registers each end; `fail` ends the process from inside, for example a watchdog
 */
export const runProcess = async (
  log: Logger,
  graceMs: number,
  start: (life: Lifecycle, fail: (error: unknown) => void) => Promise<void>,
): Promise<void> => {
  const life = new Lifecycle(log, graceMs)
  let failed = false
  const end = async () => {
    const clean = await life.stop()
    process.exit(clean && !failed ? 0 : 1)
  }
  const fail = (error: unknown) => {
    failed = true
    log.error({ error }, 'process failed')
    void end()
  }
  const drain = (reason: string) => {
    if (life.stopping) return
    log.info({ reason }, 'draining')
    void end()
  }
  // Of one kind: Ctrl-C reaches a process group, and a supervisor passes the wish on as SIGTERM; that is one wish.
  const seen = new Set<string>()
  const onSignal = (signal: string) => {
    if (seen.has(signal)) process.exit(1)
    seen.add(signal)
    drain(signal)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  process.on(DRAIN, () => drain('supervisor'))
  // A parent that started us over IPC and died leaves nobody to stop us: drain instead of lingering.
  // During a drain it is no second signal: whoever began the drain may well be gone before it ends.
  process.on('disconnect', () => drain('disconnect'))
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  try {
    await start(life, fail)
  } catch (error) {
    fail(error)
  }
}
