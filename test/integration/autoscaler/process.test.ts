import { afterEach, expect, it } from 'vitest'
import { aSite, eventually } from './an-autoscaler.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

it('leads, scales to the demand, keeps why, and on SIGTERM lets go and exits 0', async () => {
  const { pool, job, decisions, start } = await aSite(ends)
  const { child, exited, log, metrics } = await start()
  const countNow = () => job.groups.get(pool)?.count ?? 0
  await eventually(() => countNow() >= 8)
  const applied = async () =>
    (await decisions.list({ pool, changesOnly: true, limit: 10 })).filter(({ outcome }) => outcome === 'applied')
  await eventually(async () => (await applied()).length > 0)
  const first = (await applied()).at(-1)
  expect(first).toMatchObject({ from: 2, direction: 'up', bounds: { min: 1, max: 20 } })
  expect(first?.forecast?.expert).toBeTruthy()
  expect(first?.measurement.rate?.value).toBeCloseTo(80)
  const event = job.events.at(-1)
  expect(event).toMatchObject({ count: first?.to, meta: { decision: first?.id, expert: first?.forecast?.expert } })
  expect(event?.message).toBe(`${pool}: 2 -> ${first?.to} nodes`)
  await eventually(async () => new RegExp(`muster_autoscaler_desired{[^}]*} ${countNow()}$`, 'm').test(await metrics()))
  expect(await metrics()).toMatch(/^muster_autoscaler_leading\{.*\} 1$/m)
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
  expect(log()).not.toContain('teardown step failed')
})

it('has one leader of two, and another as soon as that one goes', async () => {
  const { pool, decisions, start } = await aSite(ends)
  const processes = [await start(), await start()]
  const leads = (text: string) => text.includes('this process leads')
  await eventually(() => processes.some(({ log }) => leads(log())))
  const first = processes.find(({ log }) => leads(log()))
  const second = processes.find((one) => one !== first)
  await eventually(async () => (await decisions.list({ pool, limit: 2 })).length === 2)
  expect(leads(second?.log() ?? '')).toBe(false)
  first?.child.kill('SIGTERM')
  expect(await first?.exited).toEqual([0, null])
  await eventually(async () => (await decisions.list({ pool, limit: 1 }))[0]?.term === 2)
  const terms = (await decisions.list({ pool, limit: 1_000 })).map(({ term }) => term)
  expect(terms).toEqual(terms.toSorted((a, b) => b - a))
})

it('says what is wrong with its environment and exits 1', async () => {
  const { start } = await aSite(ends)
  const { exited, log } = await start({ NOMAD_ADDR: '', AUTOSCALER_POOLS: 'elsewhere=3..1' })
  expect((await exited)[0]).toBe(1)
  expect(log()).toContain('NOMAD_ADDR is needed with FLEET=nomad')
  expect(log()).toContain('AUTOSCALER_POOLS: pool elsewhere needs')
})
