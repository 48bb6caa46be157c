import { afterEach, expect, it } from 'vitest'
import { aSite, eventually } from './an-autoscaler.ts'

const QUICK = { AUTOSCALER_INTERVAL_MS: '100' }

const PINS = [12, 6, 15, 4, 11, 3]

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

const leads = (text: string): boolean => text.includes('this process leads')

type Site = Awaited<ReturnType<typeof aSite>>

/** Changes of the count in Nomad's own trail, oldest first. */
const trail = ({ job }: Site) => job.events.filter(({ count }) => count !== null).toReversed()

/** Every change there was is one decision's, and every decision that says it is done is one change. */
const expectOneOwnerEach = async (site: Site): Promise<void> => {
  const owners = () => trail(site).map(({ meta }) => meta.decision)
  const applied = async () => (await site.changes()).filter(({ outcome }) => outcome === 'applied').map(({ id }) => id)
  // Nomad has a change a moment before its answer is written down.
  await eventually(async () => (await applied()).length >= owners().length)
  expect(new Set(owners()).size).toBe(owners().length)
  expect(owners()).toEqual(await applied())
}

it('is led by one of two processes at a time over a hundred looks: each change has one owner, and none is undone', async () => {
  const site = await aSite(ends)
  const processes = [await site.start(QUICK), await site.start(QUICK)]
  await eventually(() => site.count() > 2)
  const pins: number[] = []
  const terms = async () => new Set((await site.changes()).map(({ term }) => term))
  // A lease that is free may go to whoever had it: it takes luck to see the leader change in a given number of turns.
  while (pins.length < PINS.length || (await terms()).size < 3) {
    const count = PINS[pins.length % PINS.length] as number
    // Whoever leads goes on believing it until it asks again: for a moment there are two.
    await site.depose()
    await site.pin(count)
    await eventually(() => site.count() === count)
    pins.push(count)
  }
  const looks = () => site.nomad.requests.filter(({ method }) => method === 'GET').length / 2
  await eventually(() => looks() >= 100)
  for (const { child } of processes) child.kill('SIGTERM')
  expect(await Promise.all(processes.map(({ exited }) => exited))).toEqual([
    [0, null],
    [0, null],
  ])

  await expectOneOwnerEach(site)
  const counts = trail(site).map(({ count }) => count)
  // No count of an older view comes back.
  expect(counts.slice(-pins.length)).toEqual(pins)
  expect(processes.every(({ log }) => leads(log()))).toBe(true)
}, 120_000)

it('outlives its leader between the intent and the change, and between the change and its outcome', async () => {
  const site = await aSite(ends)
  site.nomad.changes = 'held'
  const first = await site.start()
  await eventually(() => site.nomad.requests.some(({ method }) => method === 'POST'))
  first.child.kill('SIGKILL')
  const second = await site.start()
  expect(await site.changes()).toMatchObject([{ outcome: 'intended', term: 1 }])
  site.nomad.changes = 'answered'
  // Nobody ends the lease: it runs out.
  await eventually(async () => (await site.changes())[1]?.outcome === 'applied')
  expect(await site.changes()).toMatchObject([
    { outcome: 'abandoned', term: 1 },
    { outcome: 'applied', term: 2 },
  ])
  await expectOneOwnerEach(site)

  site.nomad.changes = 'done'
  await site.pin(17)
  await eventually(() => site.count() === 17)
  second.child.kill('SIGKILL')
  await second.exited
  site.nomad.changes = 'answered'
  await site.depose()
  const third = await site.start()
  await eventually(async () => (await site.decisions.list({ pool: site.pool, limit: 1 }))[0]?.term === 3)
  const [seen] = await site.decisions.list({ pool: site.pool, limit: 1 })
  expect(seen).toMatchObject({ from: 17, to: 17, outcome: 'none' })
  expect(seen?.external).toBeUndefined()
  expect((await site.changes()).at(-1)).toMatchObject({ to: 17, outcome: 'applied', term: 2 })
  await expectOneOwnerEach(site)
  expect(third.log()).toContain('is settled by the count of the fleet')
}, 120_000)

it('lets a leader that was frozen, and wakes up under another, change nothing', async () => {
  const site = await aSite(ends)
  const first = await site.start(QUICK)
  await eventually(() => site.count() > 2)
  first.child.kill('SIGSTOP')
  await site.depose()
  const second = await site.start(QUICK)
  await eventually(() => leads(second.log()))
  await site.pin(5)
  await eventually(() => site.count() === 5)
  first.child.kill('SIGCONT')
  await eventually(() => first.log().includes('another process leads now'))
  await site.pin(9)
  await eventually(() => site.count() === 9)
  await expectOneOwnerEach(site)
  expect(trail(site).map(({ count }) => count)).toEqual(expect.arrayContaining([5, 9]))
  expect((await site.changes()).slice(-2)).toMatchObject([
    { to: 5, term: 2 },
    { to: 9, term: 2 },
  ])
}, 120_000)
