import type { TriggerReading } from '../../infra/domain/trigger.ts'
import type { PoolMemory } from '../act.ts'
import type { Alarms } from '../alarms.ts'
import { judgeTriggers, rememberTriggers } from './judge.ts'
import type { ReadTriggers, TriggersSeen } from './read-triggers.ts'

/** Makes readings of what was asked, and remembers them for the next look. @param at epoch ms of the look */
export type JudgeTriggers = (memory: PoolMemory, at: number) => readonly TriggerReading[]

const troublesOf = (readings: readonly TriggerReading[], { problem }: TriggersSeen): readonly string[] => [
  // Whoever holds nodes back is told of with the doubts.
  ...readings.filter(({ letGo }) => letGo).map(({ why }) => `trigger ${why}`),
  ...(problem === undefined ? [] : [`the file of triggers is not what counts: ${problem}`]),
]

/**
 * Builds what asks for the triggers of a pool. They are asked beside everything else that a look reads; what is made of the
 * answers waits until its instant is known.
 */
export const createSeeTriggers =
  (read: ReadTriggers, alarms: Alarms) =>
  async (pool: string): Promise<JudgeTriggers> => {
    const seen = await read(pool)
    return (memory, at) => {
      // Another leader looked before: what it asked for goes on.
      const before = memory.triggers?.memory ?? rememberTriggers(memory.last?.triggers ?? [], memory.last?.at ?? at)
      const judged = judgeTriggers(seen.looks, before, at)
      memory.triggers = judged.readings.length > 0 ? judged : undefined
      const troubles = troublesOf(judged.readings, seen)
      if (troubles.length === 0) alarms.clear('triggers', pool, at, `${pool}: all its triggers are known again`)
      else alarms.raise('triggers', pool, at, [`${pool}: triggers need somebody`, ...troubles], 1)
      return judged.readings
    }
  }
