import { expect, it } from 'vitest'
import { Alarms } from '../../../autoscaler/alarms.ts'
import { showLooks } from '../../../autoscaler/gauges.ts'
import { createMetrics } from '../../../infra/runtime/metrics.ts'
import { aKept, aMeasurement } from '../../fixtures/decisions.ts'
import { aReading } from '../../fixtures/triggers.ts'

it('shows the last look at each pool while this process leads, and nothing of the past afterwards', async () => {
  const { metrics, registry } = createMetrics('autoscaler')
  const alarms = new Alarms({ tell: () => {} })
  let leads = true
  const seen = showLooks(metrics, { alarms, leads: () => leads, pools: ['checks'] })
  const measurement = aMeasurement({ rate: undefined, waiting: { value: 7, ageMs: 4_000 } })
  const facts = { tries: 0, ran: 2, base: 2, before: 4, after: 3, placed: 3, running: 2, elsewhere: 1 }
  const zones = { wantedBefore: 4, wanted: 4, shares: [{ zone: 'b', condition: 'short' as const, ...facts }] }
  const gone = aReading({ name: 'gpu', wanted: undefined, asks: 3, state: 'unknown' })
  const triggers = [aReading(), gone]
  seen('checks', { kind: 'decided', decision: aKept({ measurement, doubts: ['a', 'b'], zones, triggers }) })
  seen('checks', { kind: 'fleet-away' })
  alarms.raise('placements', 'checks', 0, ['x'], 1)
  const shown = async (name: string) =>
    new RegExp(`^muster_autoscaler_${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(await registry.metrics())?.[1]
  expect(await shown('desired')).toBe('8')
  expect(await shown('asked')).toBe('5')
  expect(await shown('forecast_high')).toBe('75')
  expect(await shown('doubts')).toBe('2')
  expect(await shown('signal_age_seconds')).toBe('4')
  expect(await shown('look_timestamp_seconds')).toBe(String(aKept().at / 1_000))
  expect(await shown('blocked_placements')).toBe('1')
  expect(await shown('fleet_away')).toBe('0')
  expect(await shown('leading')).toBe('1')
  const ofZone = ['asked', 'placed', 'running', 'elsewhere', 'short'].map((name) => shown(`zone_${name}`))
  expect(await Promise.all(ofZone)).toEqual(['3', '3', '2', '1', '1'])
  const ofTrigger = async (what: string, trigger: string) =>
    new RegExp(`^muster_autoscaler_trigger_${what}\\{.*trigger="${trigger}".*\\} (\\S+)$`, 'm').exec(
      await registry.metrics(),
    )?.[1]
  const ofATrigger = ['value', 'asked', 'unknown'] as const
  expect(await Promise.all(ofATrigger.map((what) => ofTrigger(what, 'partner-queue')))).toEqual(['340', '7', '0'])
  expect(await Promise.all(ofATrigger.map((what) => ofTrigger(what, 'gpu')))).toEqual([undefined, '3', '1'])
  // Unknown is not zero.
  expect(await shown('rate')).toBeUndefined()
  leads = false
  expect(await shown('leading')).toBe('0')
  expect(await shown('desired')).toBeUndefined()
  expect(await shown('zone_asked')).toBeUndefined()
  expect(await shown('fleet_away')).toBeUndefined()
})
