import { UnavailableError } from '../../infra/domain/errors.ts'
import { MESSAGE_VERSION } from '../../infra/domain/message.ts'
import type { Pool } from '../../infra/domain/pools.ts'
import type { Dispatcher, Offer } from '../../infra/ports/dispatcher.ts'
import type { JobQueue, Publish } from '../../infra/ports/job-queue.ts'
import type { JobStore, Unpublished } from '../../infra/ports/job-store.ts'
import type { TenantSettingsOf } from '../tenant-settings.ts'

export interface OfferAgainDeps {
  readonly jobs: Pick<JobStore, 'markPublished' | 'postpone'>
  readonly queue: Pick<JobQueue, 'publish'>
  readonly dispatcher: Pick<Dispatcher, 'dispatch'>
  readonly settingsOf: TenantSettingsOf
}

/**
 * A row that waits for its turn is looked at again after this. Its turn may come to a process that dies with it, or that
 * has no broker just then, and the dispatcher may forget it: with a minute to its deadline it must not be found too late.
 */
const HELD_MS = 5_000
/** Of rows with much time, as bulk jobs have: there may be very many, and each look is a write. */
const HELD_LONG_MS = 20_000
const MUCH_TIME_MS = 600_000

const toOffer = async (found: Unpublished, pools: readonly Pool[], settingsOf: TenantSettingsOf): Promise<Offer> => {
  const { id, task, tenant, lane, attempt, deadline, remainingMs } = found
  const pool = pools.find(({ tasks }) => tasks.includes(task))
  if (!pool) throw new Error(`no pool serves ${task}`)
  const { weight } = await settingsOf(tenant)
  const message = { v: MESSAGE_VERSION, id, task, tenant, lane, attempt, deadline }
  return { message, pool: pool.name, weight, remainingMs }
}

const fulfilled = <T>(results: readonly PromiseSettledResult<T>[]): readonly T[] =>
  results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))

/** Publish, and mark what was confirmed. @returns the ids of those */
export const publishAndMark = async (
  { jobs, queue }: { readonly jobs: Pick<JobStore, 'markPublished'>; readonly queue: Pick<JobQueue, 'publish'> },
  turns: readonly Publish[],
): Promise<readonly string[]> => {
  const ids = fulfilled(
    await Promise.allSettled(
      turns.map(async ({ message, pool, replyTo }) => {
        await queue.publish({ message, pool, ...(replyTo !== undefined && { replyTo }) })
        return message.id
      }),
    ),
  )
  await jobs.markPublished(ids)
  return ids
}

const idOf = ({ message }: Publish): string => message.id
const hasMuchTime = ({ remainingMs }: Offer): boolean => remainingMs > MUCH_TIME_MS

/**
 * Offer jobs to the dispatcher again, all the same how often: one that waits keeps its turn. Without the dispatcher they
 * are published at once.
 * @returns how many were published, and how many wait for their turn
 */
export const offerAgain = async (
  deps: OfferAgainDeps,
  pools: readonly Pool[],
  found: readonly Unpublished[],
): Promise<{ readonly publishedCount: number; readonly heldCount: number }> => {
  const { jobs, dispatcher, settingsOf } = deps
  const offers = fulfilled(await Promise.allSettled(found.map((one) => toOffer(one, pools, settingsOf))))
  if (offers.length === 0) return { publishedCount: 0, heldCount: 0 }
  const turns = await dispatcher.dispatch(offers).catch((error: unknown): readonly Publish[] => {
    if (error instanceof UnavailableError) return offers
    throw error
  })
  const now = new Set(turns.map(({ message }) => message.id))
  const held = offers.filter(({ message }) => !now.has(message.id))
  const [patient, urgent] = [held.filter(hasMuchTime), held.filter((one) => !hasMuchTime(one))]
  await jobs.postpone(urgent.map(idOf), HELD_MS)
  if (patient.length > 0) await jobs.postpone(patient.map(idOf), HELD_LONG_MS)
  return { publishedCount: (await publishAndMark(deps, turns)).length, heldCount: held.length }
}
