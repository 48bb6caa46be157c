import { describe, expect, it } from 'vitest'
import { normalWeek, play, SCENARIOS, type Scenario } from '../../../../scripts/drift/scenarios.ts'

/** A small fleet: what is seen here is seen sooner where there is more. */
const TRAFFIC = { tenantCount: 5, checksPerDay: 60_000 }
/** Hours that a test lets pass: until five in the afternoon. */
const HOURS = 8

const of = (name: RegExp): Scenario => {
  const found = SCENARIOS.find((scenario) => name.test(scenario.name))
  if (!found) throw new Error(`no scenario ${name}`)
  return found
}

it.each([1, 2, 3])('normal days raise nothing (seed %i)', async (seed) => {
  const { looks, judged, watched, alarms } = await normalWeek({ ...TRAFFIC, seed }, 7, 50)
  expect(looks).toBe(8)
  expect(judged).toBeGreaterThan(looks * 20)
  expect([watched, alarms]).toEqual([0, 0])
})

describe('within a working day', () => {
  it.each([
    [/similarities fall/, 'similarity'],
    [/blurred/, 'outcome'],
    [/fifth tenant/, 'tenant tenant-5'],
    [/expiry date/, 'filled-expiryDate'],
  ])('%s raises an alarm that says %s', async (name, words) => {
    const { alarmAfterHours, why } = await play(of(name), { ...TRAFFIC, seed: 1 }, HOURS)
    expect(alarmAfterHours).toBeLessThanOrEqual(HOURS)
    expect(why).toContain(words)
  })

  it.each([/holiday/, /judges alike/, /other scores/])('%s raises none', async (name) => {
    const { alarmAfterHours } = await play(of(name), { ...TRAFFIC, seed: 1 }, HOURS)
    expect(alarmAfterHours).toBeNull()
  })
})
