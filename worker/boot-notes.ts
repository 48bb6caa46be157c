import type { BootRecord } from '../infra/ports/boot-record.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Turns } from './turns.ts'

/** Tells how this process came up. Nobody waits for it, and a record that cannot be written is missing: no more than that. */
export interface BootNotes {
  /** @param device its models run on */
  ready(device: string): void
  /** The same turns, which tell of the first job a model has worked on. */
  watch(turns: Turns): Turns
  /** resolves when what was to be told has been, or could not be */
  settled(): Promise<void>
}

/** @param agoMs since the process started, which it tells at once */
export const createBootNotes = (
  { record, log }: { readonly record: Pick<BootRecord, 'started' | 'ready' | 'firstJob'>; readonly log: Logger },
  { workerId, pool, agoMs }: { readonly workerId: string; readonly pool: string; readonly agoMs: number },
): BootNotes => {
  let telling = Promise.resolve()
  let hasWorked = false
  // One after the other: the record knows nobody who has not started.
  const tell = (what: string, write: () => Promise<void>): void => {
    telling = telling.then(write).catch((error: unknown) => log.warn({ what, error }, 'the start was not recorded'))
  }
  tell('started', () => record.started(workerId, pool, agoMs))
  return {
    ready: (device) => tell('ready', () => record.ready(workerId, device)),
    watch: (turns) => ({
      ...turns,
      ended(jobId, served) {
        if (served && !hasWorked) {
          hasWorked = true
          tell('first job', () => record.firstJob(workerId))
        }
        turns.ended(jobId, served)
      },
    }),
    settled: () => telling,
  }
}
