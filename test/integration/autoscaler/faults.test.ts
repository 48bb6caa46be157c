import { afterEach, expect, it } from 'vitest'
import { freePort } from '../../../infra/local/ports.ts'
import { startWire } from '../../chaos/wire.ts'
import { aSite, eventually } from './an-autoscaler.ts'

const QUICK = { AUTOSCALER_INTERVAL_MS: '200' }

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** The same server through a wire that the test holds. */
const wired = async (name: string) => {
  const url = new URL(process.env[name] as string)
  const wire = await startWire(Number(url.port))
  ends.push(() => wire.close())
  url.port = String(wire.port)
  return { wire, env: { [name]: url.href } }
}

/** An address at which nobody listens. */
const nowhere = async (name: string) => {
  const url = new URL(process.env[name] as string)
  url.port = String(await freePort())
  return { [name]: url.href }
}

const doubtsOf = async ({ decisions, pool }: Awaited<ReturnType<typeof aSite>>) =>
  (await decisions.list({ pool, limit: 1 }))[0]?.doubts ?? []

it('starts while broker and Redis are away, adds nodes and takes none', async () => {
  const site = await aSite(ends)
  const away = { ...(await nowhere('RABBITMQ_URL')), ...(await nowhere('REDIS_URL')) }
  const { child, exited, log } = await site.start(away)
  await eventually(() => site.count() >= 8)
  await eventually(() => log().includes('the broker cannot be reached'))
  expect(await doubtsOf(site)).toContain('the depth of the queues is unknown')
  const before = site.count()
  await site.pin(before + 3)
  await eventually(() => site.count() === before + 3)
  await site.database.query({ name: 'unpin', text: 'update override set released_at = now() where pool = $1' }, [
    site.pool,
  ])
  await eventually(async () => (await site.decisions.list({ pool: site.pool, limit: 1 }))[0]?.override === undefined)
  // The forecast may ask for more than was pinned; nothing asks for less.
  expect(site.count()).toBeGreaterThanOrEqual(before + 3)
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
})

it('starts while the database is away, and goes on after it was away while it led', async () => {
  const site = await aSite(ends)
  const { wire, env } = await wired('DATABASE_URL')
  wire.set({ kind: 'refuse' })
  const { child, exited, log } = await site.start({ ...QUICK, ...env })
  await eventually(() => log().includes('the lease could not be renewed'))
  wire.set({ kind: 'fair' })
  await eventually(() => site.count() >= 8)
  wire.set({ kind: 'refuse' })
  wire.cut()
  const failures = () => log().split('failed: count').length - 1
  await eventually(() => failures() > 0)
  const before = site.count()
  const already = failures()
  await eventually(() => failures() > already + 2)
  expect(site.count()).toBe(before)
  await site.pin(15)
  wire.set({ kind: 'fair' })
  await eventually(() => site.count() === 15)
  await eventually(async () => (await site.changes()).every(({ outcome }) => outcome !== 'intended'))
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
})

it('adds nodes and takes none while its clock is five minutes off', async () => {
  const site = await aSite(ends)
  const ahead = 'const now=Date.now;Date.now=()=>now()+300000'
  await site.start({ NODE_OPTIONS: `--import="data:text/javascript,${encodeURIComponent(ahead)}"` })
  await eventually(() => site.count() >= 8)
  expect((await doubtsOf(site)).join()).toMatch(/a clock is (29\d|30\d) s off the database's/)
  expect(Math.abs(((await site.decisions.list({ pool: site.pool, limit: 1 }))[0]?.at ?? 0) - Date.now())).toBeLessThan(
    60_000,
  )
})

it('keeps the count, and itself, whatever Nomad answers', async () => {
  const site = await aSite(ends)
  const { child, exited } = await site.start(QUICK)
  const last = async () => (await site.decisions.list({ pool: site.pool, limit: 1 }))[0]
  const answers = async () => (await last())?.outcome === 'none'
  const knowsNoPool = async () => (await last())?.outcomeWhy.includes('has no pool')
  // Said, so that no look at the demand asks for more or less meanwhile.
  const before = 11
  await site.pin(before)
  await eventually(() => site.count() === before)
  const troubles = [
    { status: 200, text: '{' },
    { status: 200, text: 'null' },
    { status: 200, text: '{"JobModifyIndex":1,"TaskGroups":[{"Name":"x","Count":0}]}' },
    { status: 500, text: 'No cluster leader' },
    { status: 307, text: '' },
    { status: 204, text: '' },
    { status: 403, text: 'Permission denied' },
  ]
  site.nomad.troubles.push(...troubles)
  await eventually(() => site.nomad.troubles.length === 0)
  await eventually(answers)
  site.nomad.holdsAnswers = true
  const asked = site.nomad.requests.length
  await eventually(() => site.nomad.requests.length > asked)
  site.nomad.holdsAnswers = false
  await eventually(answers)
  site.job.stopped = true
  await eventually(knowsNoPool)
  site.job.stopped = false
  await eventually(answers)
  const group = site.job.groups.get(site.pool)
  site.job.groups.clear()
  await eventually(knowsNoPool)
  expect(group?.count).toBe(before)
  if (group) site.job.groups.set(site.pool, group)
  await eventually(answers)
  await site.pin(14)
  await eventually(() => site.count() === 14)
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
})
