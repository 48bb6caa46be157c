import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { PrometheusServer } from '../../fakes/prometheus-server.ts'
import { aSite, eventually } from './an-autoscaler.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

const QUERY = 'sum(partner_queue_ready)'

const aSiteWithTriggers = async () => {
  const site = await aSite(ends)
  const prometheus = new PrometheusServer()
  const url = await prometheus.start()
  ends.push(() => prometheus.stop())
  const dir = mkdtempSync(join(tmpdir(), 'muster triggers '))
  ends.push(() => rmSync(dir, { recursive: true, force: true }))
  const path = join(dir, 'triggers.yaml')
  const write = (...triggers: readonly object[]) =>
    writeFileSync(path, JSON.stringify({ pools: { [site.pool]: triggers } }))
  const last = async () => (await site.decisions.list({ pool: site.pool, limit: 1 }))[0]
  return { ...site, prometheus, env: { TRIGGERS_FILE: path, PROMETHEUS_URL: url }, path, write, last }
}

it('scales on a query, holds while it is unknown, and lets go when it is taken out of its file', async () => {
  const { prometheus, env, write, start, last, count } = await aSiteWithTriggers()
  const trigger = { name: 'partner-queue', query: QUERY, targetPerNode: 50, keepFor: 0, staleAfter: '1s' }
  write(trigger)
  prometheus.values.set(QUERY, 870)
  const { metrics } = await start(env)
  await eventually(() => count() === 18)
  expect((await last())?.triggers).toMatchObject([{ name: 'partner-queue', value: 870, asks: 18, state: 'asks' }])
  expect(await metrics()).toMatch(/^muster_autoscaler_trigger_value\{.*trigger="partner-queue".*\} 870$/m)

  // A part of the truth takes no node away.
  prometheus.values.set(QUERY, 100)
  prometheus.warnings = ['a store is away']
  await eventually(async () => (await last())?.triggers?.[0]?.state === 'unknown')
  expect(await last()).toMatchObject({ from: 18, to: 18 })
  expect((await last())?.doubts.join()).toContain('at least 100, a store is away')
  prometheus.warnings = []
  prometheus.values.set(QUERY, 870)
  await eventually(async () => (await last())?.triggers?.[0]?.state === 'asks')

  // 870 goes on asking for its nodes when nobody can tell what it is any more.
  prometheus.outage = { status: 503 }
  await eventually(async () => (await last())?.triggers?.[0]?.state === 'unknown')
  const held = await last()
  expect(held).toMatchObject({ from: 18, to: 18 })
  expect(held?.doubts.join()).toContain('trigger partner-queue is unknown')
  expect(await metrics()).toMatch(/^muster_autoscaler_trigger_unknown\{.*\} 1$/m)
  expect(await metrics()).not.toMatch(/^muster_autoscaler_trigger_value\{/m)

  // A file that cannot be used changes nothing but what one is told.
  write({ ...trigger, targetPerNode: -1 })
  await eventually(async () => /^muster_autoscaler_triggers_outdated\S* 1$/m.test(await metrics()))
  expect(count()).toBe(18)

  write()
  await eventually(async () => (await last())?.triggers === undefined)
  expect((await last())?.doubts.join()).not.toContain('partner-queue')
  expect(await metrics()).toMatch(/^muster_autoscaler_triggers_outdated\S* 0$/m)
})

it('starts with no file that cannot be used, and says where it is wrong', async () => {
  const { env, write, start } = await aSiteWithTriggers()
  write({ name: 'partner-queue', query: QUERY, targetPerNode: 0 })
  const { exited, log } = await start(env)
  expect((await exited)[0]).toBe(1)
  expect(log()).toContain('targetPerNode must be a number above 0')
})
