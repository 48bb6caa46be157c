import type { Rollout } from '../../infra/domain/rollout.ts'
import type { TaskName } from '../../infra/domain/task.ts'
import type { Executor } from '../executor.ts'
import { type FollowDeps, type Followed, followRollout } from './followed.ts'
import type { PartOf } from './part.ts'

/** The rollouts this worker follows. */
export interface Rollouts {
  readonly partOf: PartOf
  /** candidates that answer every job of a task, because they were promoted */
  promoted(): readonly Executor[]
  /**
   * Tell what was counted, and look what is in force. While the database is away what is known goes on.
   */
  round(): Promise<void>
  /** Unload every candidate, and tell what is left to tell. */
  close(): Promise<void>
}

/** A shadow that is promoted needs threads that answer: it is loaded anew. */
const isOther = (before: Rollout, now: Rollout): boolean =>
  before.id !== now.id || (now.mode === 'shadow' && before.state !== now.state)

/**
 * Follow the rollouts of these tasks.
 * @param worker its name, the same whenever the process is started again
 */
export const createRollouts = (worker: string, tasks: readonly TaskName[], deps: FollowDeps): Rollouts => {
  const followed = new Map<TaskName, Followed>()
  const leaving = new Set<TaskName>()
  let away = false

  const tell = async (all: readonly Followed[]): Promise<void> => {
    const taken = all.map((one) => one.take())
    const tallies = taken.flatMap((one) => one.tallies)
    if (tallies.length === 0) return
    await deps.store.add(tallies).catch((error: unknown) => {
      for (const { giveBack } of taken) giveBack()
      throw error
    })
  }

  const leave = async (one: Followed): Promise<void> => {
    const { id, task } = one.rollout()
    deps.log.info({ rollout: id, task }, 'a rollout is over here')
    await tell([one]).catch(() => {})
    await one.leave()
  }

  const apply = (inForce: readonly Rollout[]): void => {
    const wanted = new Map(inForce.filter(({ task }) => tasks.includes(task)).map((one) => [one.task, one]))
    for (const [task, one] of followed) {
      const rollout = wanted.get(task)
      if (rollout && !isOther(one.rollout(), rollout)) {
        one.update(rollout)
        continue
      }
      // Jobs go back to the base now; the next candidate waits until the memory of this one is free.
      followed.delete(task)
      leaving.add(task)
      void leave(one)
        .then(() => one.gone())
        .finally(() => leaving.delete(task))
    }
    for (const [task, rollout] of wanted)
      if (!followed.has(task) && !leaving.has(task)) followed.set(task, followRollout(rollout, worker, deps))
  }

  const round = async (): Promise<void> => {
    try {
      apply(await deps.store.inForce())
      await Promise.all([...followed.values()].map((one) => one.attend()))
      await tell([...followed.values()])
      away = false
    } catch (error) {
      if (!away) deps.log.warn({ error }, 'rollouts cannot be looked at: what is known goes on')
      away = true
    }
  }

  return {
    partOf: (job) => followed.get(job.task)?.partOf(job),
    promoted: () =>
      [...followed.values()].flatMap((one) => {
        const executor = one.rollout().state === 'promoted' ? one.decides() : undefined
        return executor ? [executor] : []
      }),
    round,
    async close() {
      const all = [...followed.values()]
      followed.clear()
      await Promise.all(all.map(leave))
    },
  }
}
