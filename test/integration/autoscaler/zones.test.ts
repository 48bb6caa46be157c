import { afterEach, expect, it } from 'vitest'
import { aSite, eventually } from './an-autoscaler.ts'

const QUICK = { AUTOSCALER_INTERVAL_MS: '200', AUTOSCALER_BOOT_MS: '1000' }

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** Two zones with one node each; `b` has so many at most. */
const aSiteOfZones = async (stock: number) => {
  const site = await aSite(ends)
  const group = { count: 1, placed: 1, running: 1, scaling: { Min: 0, Max: 20, Enabled: true } }
  const a = site.nomad.addZone(site.job, site.pool, 'a', { ...group, stock: 100 })
  const b = site.nomad.addZone(site.job, site.pool, 'b', { ...group, stock })
  const zones = async () => (await site.decisions.list({ pool: site.pool, limit: 1 }))[0]?.zones
  const condition = async () => (await zones())?.shares.find(({ zone }) => zone === 'b')?.condition
  return { ...site, a, b, zones, condition }
}

it('asks one zone for what the other one cannot give, keeps why, shows it, and stops with less when that is too much', async () => {
  const site = await aSiteOfZones(1)
  await site.pin(6)
  const { child, exited, metrics, log } = await site.start(QUICK)
  await eventually(() => site.a.count === 5 && site.b.count === 1)
  await eventually(async () => (await site.condition()) === 'short')
  expect(await site.zones()).toMatchObject({ wanted: 6 })
  await eventually(() => /b has no node left since \d\d:\d\d: 2 of its nodes asked for in a/.test(log()))
  const shown = async (name: string): Promise<string | undefined> => {
    const own = (await metrics())
      .split('\n')
      .find((line) => line.includes(`zone_${name}{`) && line.includes('zone="b"'))
    return own?.split(' ').at(-1)
  }
  await eventually(async () => (await shown('short')) === '1')
  expect(await shown('elsewhere')).toBe('2')
  await site.pin(3)
  await eventually(() => site.a.count + site.b.count === 3)
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
})

it('goes on for a zone whose nodes do not run, across a change of the leader, and back when they run', async () => {
  const site = await aSiteOfZones(100)
  await site.pin(4)
  const first = await site.start(QUICK)
  await eventually(() => site.a.count === 2 && site.b.count === 2)
  site.b.running = 1
  await eventually(() => site.a.count === 3 && site.b.count === 2)
  first.child.kill('SIGKILL')
  await first.exited
  await site.depose()
  const second = await site.start(QUICK)
  await eventually(() => second.log().includes('autoscaler listens'))
  await eventually(async () => (await site.decisions.list({ pool: site.pool, limit: 1 }))[0]?.term !== 1)
  expect([site.a.count, site.b.count, await site.condition()]).toEqual([3, 2, 'short'])
  site.b.running = 2
  await eventually(() => site.a.count === 2 && site.b.count === 2)
  expect(await site.condition()).toBe('well')
  second.child.kill('SIGTERM')
  expect(await second.exited).toEqual([0, null])
})
