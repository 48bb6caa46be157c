import type { Trigger } from '../../infra/domain/trigger.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import { parseTriggers, type TriggersByPool, TriggersInvalidError } from './trigger-file.ts'

/** The triggers as their file has them now. */
export interface TriggerBook {
  /** looks at the file; never throws: a text that cannot be used leaves the last good one */
  look(): Promise<void>
  of(pool: string): readonly Trigger[]
  /** why the file as it is now is not what counts, in words; undefined = it is */
  problem(): string | undefined
}

interface BookDeps {
  /** the text of the file as it is now */
  readonly read: () => Promise<string>
  /** pools that are scaled */
  readonly pools: readonly string[]
  readonly log: Logger
}

/** More of them make a message that nobody reads; the log has all. */
const MAX_PROBLEMS = 3

const wordsOf = (error: unknown): string => {
  if (error instanceof TriggersInvalidError) return error.problems.slice(0, MAX_PROBLEMS).join('; ')
  return error instanceof Error ? error.message : 'it cannot be read'
}

/**
 * Open the file of triggers. It is read again at every look, so an edit counts from the next look on, without a restart.
 * @throws TriggersInvalidError, Error when it cannot be used or read at the start
 */
export const openTriggerBook = async ({ read, pools, log }: BookDeps): Promise<TriggerBook> => {
  let text = await read()
  let triggers: TriggersByPool = parseTriggers(text, pools)
  let problem: string | undefined
  let looking: Promise<void> | undefined

  const refuse = (error: unknown): void => {
    const words = wordsOf(error)
    if (words !== problem)
      log.error({ error }, 'the triggers as their file has them now cannot be used: those before go on')
    problem = words
  }

  const take = async (): Promise<void> => {
    try {
      const now = await read()
      if (now === text && problem === undefined) return
      triggers = parseTriggers(now, pools)
      if (now !== text) log.info({ count: [...triggers.values()].flat().length }, 'the triggers have changed')
      text = now
      problem = undefined
    } catch (error) {
      refuse(error)
    }
  }

  return {
    // All pools are looked at together: one reading serves them.
    look() {
      looking ??= take().finally(() => {
        looking = undefined
      })
      return looking
    },
    of: (pool) => triggers.get(pool) ?? [],
    problem: () => problem,
  }
}
