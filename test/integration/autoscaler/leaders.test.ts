import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createNomadFleet } from '../../../infra/nomad/fleet.ts'
import type { DecisionStore } from '../../../infra/ports/decision-store.ts'
import type { Fleet } from '../../../infra/ports/fleet.ts'
import type { LeaderLease } from '../../../infra/ports/leader-lease.ts'
import { createDecisionStore } from '../../../infra/postgres/decision-store.ts'
import { createLeaderLease } from '../../../infra/postgres/leader-lease.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { NomadServer } from '../../fakes/nomad-server.ts'
import { ScalingWorld } from '../../fixtures/scaling-world.ts'
import { silence } from '../../fixtures/silence.ts'

const LONG_MS = 60_000
const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url })
})
afterAll(() => db.end())

const ends: (() => unknown)[] = []
afterEach(async () => {
  await db.query({ name: 'clear', text: `delete from decision where pool = 'checks'` }, [])
  for (const end of ends.splice(0)) await end()
})

/** Decisions and a lease in PostgreSQL, counts on a server that speaks Nomad's API. */
const aSite = async () => {
  const name = randomUUID()
  const nomad = new NomadServer()
  const address = await nomad.start()
  ends.push(() => nomad.stop())
  const job = nomad.addJob('workers', 'checks', 5, { Min: 1, Max: 30, Enabled: true })
  const options = { address, token: () => undefined, namespace: 'default' }
  const fleet = createNomadFleet(options, (pool) =>
    pool === 'checks' ? { job: 'workers', group: 'checks' } : undefined,
  )
  const lease: LeaderLease = createLeaderLease(db)
  const decisions: DecisionStore = createDecisionStore(db, name)
  const leadAs = async (holder: string): Promise<number | undefined> => {
    const lead = await lease.hold(name, holder, LONG_MS)
    return lead.kind === 'leading' ? lead.term : undefined
  }
  const kept = () => decisions.list({ pool: 'checks', limit: 1_000 })
  return { name, nomad, job, fleet, lease, decisions, leadAs, kept, count: () => job.groups.get('checks')?.count }
}

it('settles by the fleet what a leader that died had written down and not done', async () => {
  const { fleet, decisions, lease, leadAs, name, kept, count } = await aSite()
  const dies: Fleet = { ...fleet, setCount: () => new Promise(() => {}) }
  const first = new ScalingWorld({ fleet: dies, decisions })
  first.term = await leadAs('first')
  first.wanted = 9
  void first.look()
  await expect.poll(async () => (await decisions.unsettled()).length).toBe(1)
  await lease.release(name, 'first')

  const second = new ScalingWorld({ fleet, decisions })
  second.term = await leadAs('second')
  second.now = first.now + LONG_MS
  second.wanted = 6
  expect(await second.look()).toMatchObject({ from: 5, to: 6, outcome: 'applied', term: 2 })
  expect(count()).toBe(6)
  expect(await kept()).toMatchObject([{ outcome: 'applied' }, { from: 5, to: 9, outcome: 'abandoned' }])
})

it('sees that what a leader had done before it died is done', async () => {
  const { fleet, decisions, lease, leadAs, name, kept, count } = await aSite()
  const dies: Fleet = { ...fleet, setCount: (change) => fleet.setCount(change).then(() => new Promise(() => {})) }
  const first = new ScalingWorld({ fleet: dies, decisions })
  first.term = await leadAs('first')
  first.wanted = 9
  void first.look()
  await expect.poll(count).toBe(9)
  await lease.release(name, 'first')

  const second = new ScalingWorld({ fleet, decisions })
  second.term = await leadAs('second')
  second.now = first.now + LONG_MS
  second.wanted = 9
  const seen = await second.look()
  expect(seen).toMatchObject({ from: 9, to: 9, outcome: 'none' })
  expect(seen?.external).toBeUndefined()
  expect((await kept())[1]).toMatchObject({ from: 5, to: 9, outcome: 'applied' })
})

it('lets a deposed leader change nothing, whatever it believes', async () => {
  const { fleet, decisions, lease, leadAs, name, kept, count } = await aSite()
  const old = new ScalingWorld({ fleet, decisions })
  old.term = await leadAs('old')
  await lease.release(name, 'old')
  await leadAs('new')
  old.wanted = 20
  await old.look()
  expect(count()).toBe(5)
  expect(await kept()).toEqual([])
})

it('does not flap under two leaders that change all the time: every change has one owner', async () => {
  const { fleet, decisions, lease, leadAs, name, job, kept } = await aSite()
  const worlds = ['a', 'b'].map((holder) => ({ holder, world: new ScalingWorld({ fleet, decisions }) }))
  // The same demand for both: a slow rise and fall. Whoever decides on an old view would answer with an older count.
  const wantedAt = (round: number) => 5 + Math.round(8 * Math.sin((Math.PI * round) / 100))
  for (let round = 0; round < 100; round += 1) {
    if (round % 7 === 0) {
      await Promise.all(worlds.map(({ holder }) => lease.release(name, holder)))
      await leadAs(round % 2 === 0 ? 'a' : 'b')
    }
    await Promise.all(
      worlds.map(async ({ holder, world }) => {
        world.wanted = wantedAt(round)
        // Who lost the lease is not told for a round: it believes in its old term.
        const term = await leadAs(holder)
        if (term !== undefined || round % 3 === 0) world.term = term ?? world.term
        await world.look()
      }),
    )
  }
  const owners = job.events.filter(({ count }) => count !== null).map(({ meta }) => meta.decision)
  const applied = (await kept()).filter(({ outcome, from, to }) => outcome === 'applied' && from !== to)
  expect(owners.length).toBeGreaterThan(5)
  expect(new Set(owners).size).toBe(owners.length)
  expect([...owners].sort()).toEqual(applied.map(({ id }) => id).sort())
  expect(new Set(applied.map(({ term }) => term)).size).toBeGreaterThan(2)
  // One rise and one fall: the direction changes once.
  const counts = job.events.flatMap(({ count }) => count ?? []).reverse()
  const turns = counts.filter((count, at) => {
    const [before, after] = [counts[at - 1], counts[at + 1]]
    return before !== undefined && after !== undefined && Math.sign(count - before) !== Math.sign(after - count)
  })
  expect(turns.length).toBeLessThanOrEqual(1)
}, 60_000)

it('keeps to the limits of the job, by itself and where they change between the look and the change', async () => {
  const { fleet, decisions, leadAs, job, kept, count } = await aSite()
  const world = new ScalingWorld({ fleet, decisions })
  world.term = await leadAs('one')
  world.wanted = 40
  expect(await world.look()).toMatchObject({ to: 30, outcome: 'applied', bounds: { min: 1, max: 30 } })

  const group = job.groups.get('checks')
  const tighter: Fleet = {
    ...fleet,
    async setCount(change) {
      if (group) group.scaling = { Min: 20, Max: 25, Enabled: true }
      return fleet.setCount(change)
    },
  }
  const other = new ScalingWorld({ fleet: tighter, decisions })
  other.now = world.now
  other.term = world.term
  other.wanted = 10
  expect(await other.look()).toMatchObject({ to: 10, outcome: 'out-of-bounds' })
  expect(count()).toBe(30)
  expect(await other.look()).toMatchObject({ to: 20, outcome: 'applied' })
  expect((await kept()).at(1)?.outcomeWhy).toContain('less than scaling policy minimum')
})

it('waits while a release is under way', async () => {
  const { fleet, decisions, leadAs, job, count } = await aSite()
  const world = new ScalingWorld({ fleet, decisions })
  world.term = await leadAs('one')
  world.wanted = 8
  job.deploying = true
  expect(await world.look()).toMatchObject({ outcome: 'not-now' })
  job.deploying = false
  expect(await world.look()).toMatchObject({ outcome: 'applied' })
  expect(count()).toBe(8)
  expect(world.notices.map(({ kind }) => kind)).toEqual(['scaled'])
})

it('leaves the count alone while Nomad answers with errors, and tells people after three looks', async () => {
  const { fleet, decisions, leadAs, nomad, count } = await aSite()
  const world = new ScalingWorld({ fleet, decisions })
  world.term = await leadAs('one')
  await world.look()
  world.wanted = 9
  const calls = nomad.requests.length
  for (let index = 0; index < 400; index += 1) nomad.troubles.push({ status: 500, text: 'No cluster leader' })
  await world.look(40)
  expect(count()).toBe(5)
  // 40 looks of two calls each would be 80.
  expect(nomad.requests.length - calls).toBeLessThan(40)
  expect(world.notices.map(({ kind }) => kind)).toEqual(['alert'])
  nomad.troubles.length = 0
  // As long as it may still be left alone, and one look.
  world.now += 300_000
  await world.look()
  expect(count()).toBe(9)
  expect(world.notices.map(({ kind }) => kind)).toEqual(['alert', 'recovered', 'scaled'])
})
