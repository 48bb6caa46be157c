import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createChat } from '../../../../autoscaler/chat.ts'
import { createOverrides } from '../../../../autoscaler/overrides.ts'
import { createReadPools } from '../../../../autoscaler/pool-status.ts'
import { createSchedules } from '../../../../autoscaler/schedules.ts'
import { createAuditLog } from '../../../../infra/postgres/audit-log.ts'
import { createDecisionStore } from '../../../../infra/postgres/decision-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { createOverrideStore } from '../../../../infra/postgres/override-store.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { createReplayRecord } from '../../../../infra/postgres/replay-record.ts'
import { createScheduleStore } from '../../../../infra/postgres/schedule-store.ts'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import { createConversation } from '../../../../infra/slack/conversation.ts'
import type { SlackCall } from '../../../../infra/slack/payload.ts'
import { aPool } from '../../../fixtures/overrides.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
const pool = aPool()
const databases: Database[] = []
beforeAll(async () => {
  await migrate(url, silence().log)
  databases.push(openPool({ url, maxCount: 3 }), openPool({ url, maxCount: 3 }))
})
afterAll(() => Promise.all(databases.map((db) => db.end())))

/** One process, as far as Slack and the database see it. */
const openReplica = (db: Database) => {
  const { log } = silence()
  const [clock, audit, store] = [systemClock, createAuditLog(db), createOverrideStore(db)]
  const [decisions, scheduleStore] = [createDecisionStore(db, randomUUID()), createScheduleStore(db)]
  const pools = new Map([[pool, { min: 1, max: 60 }]])
  const overrides = createOverrides({ store, decisions, audit, notifier: { tell: () => {} }, clock, pools })
  const schedules = createSchedules({ store: scheduleStore, audit, clock, pools: [pool] })
  const readPools = createReadPools({ decisions, overrides: store, schedules })
  const people = { operators: new Set(['U0ADA', 'U0BOB']), admins: new Set<string>() }
  const chatDeps = { overrides, schedules, readPools, decisions, audit, clock, log }
  const chat = createChat(chatDeps, { pools: [pool], ...people })
  const conversation = createConversation({ chat, replays: createReplayRecord(db), respond: async () => true, log })
  return { conversation, store, audit }
}

const call = (user: string, text: string, triggerId: string = randomUUID()): SlackCall => ({
  request: { kind: 'said', user, requestId: randomUUID(), text },
  triggerId,
  responseUrl: undefined,
})

it('what Slack delivers to two processes, or twice, is done once and kept', async () => {
  const [one, two] = databases.map(openReplica)
  if (!one || !two) throw new Error('two replicas are needed')
  const said = call('U0ADA', `pin ${pool} 50 because a sale`)
  const acks = await Promise.all([
    ...[one, two, one].map(({ conversation }) => conversation.hear(said, randomUUID())),
    ...[one, two].map(({ conversation }) => conversation.hear(said, `same-delivery-${pool}`)),
  ])
  expect(acks.filter(({ kind }) => kind === 'answer')).toHaveLength(1)
  expect(await two.store.list({ pool, limit: 9 })).toMatchObject([{ kind: 'pin', count: 50, actor: 'slack:U0ADA' }])
  const kept = await two.audit.list({ action: 'override_said', limit: 9 })
  expect(kept.filter(({ target }) => target === pool)).toMatchObject([{ actor: 'slack:U0ADA', channel: 'slack' }])
})

it('one process asks for a second person, another hears him', async () => {
  const [one, two] = databases.map(openReplica)
  if (!one || !two) throw new Error('two replicas are needed')
  await one.conversation.hear(call('U0ADA', `floor ${pool} 9 for 2d because a fair`), randomUUID())
  const [asked] = await two.store.list({ pool, limit: 1 })
  expect(asked).toMatchObject({ kind: 'floor', pending: true })
  const own = await two.conversation.hear(call('U0ADA', `confirm ${asked?.id}`), randomUUID())
  expect(own).toMatchObject({ answer: { text: 'it takes a second person to confirm this, within an hour' } })
  await two.conversation.hear(call('U0BOB', `confirm ${asked?.id}`), randomUUID())
  const [confirmed] = await one.store.list({ pool, limit: 1 })
  expect(confirmed).toMatchObject({ id: asked?.id, pending: false, confirmedBy: 'slack:U0BOB' })
})
