import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createFleet } from '../../../../../../autoscaler/console/page/state/fleet.ts'

const event = (type: string, body: unknown) => ({ type, data: JSON.stringify(body), id: '' })

it('knows what it was told last', () => {
  const fleet = createFleet()
  fleet.hear(event('pools', { pools: [{ name: 'checks' }] }))
  fleet.hear(event('dead-letters', { count: 3 }))
  fleet.hear(event('drift', { alarms: [{ task: 'ocr', signal: 'score', level: 'alarm' }] }))
  fleet.hear(event('ping', { at: 'now', unknown: ['nodes'] }))
  fleet.hear(event('decision', { decision: { id: 'd-1', pool: 'checks' } }))
  expect(fleet.pools.get()).toEqual([{ name: 'checks' }])
  expect(fleet.deadLetterCount.get()).toBe(3)
  expect(fleet.driftAlarms.get()).toHaveLength(1)
  expect(fleet.unread.get()).toEqual(['nodes'])
  expect(fleet.decision.get()?.id).toBe('d-1')
  expect(fleet.nodes.get()).toBeUndefined()
  fleet.forget()
  expect(fleet.pools.get()).toBeUndefined()
})

it('keeps what it knows when it is told what it cannot read', () => {
  const fleet = createFleet()
  fleet.hear(event('pools', { pools: [] }))
  const types = fc.constantFrom(
    'pools',
    'overrides',
    'nodes',
    'decision',
    'dead-letters',
    'drift',
    'ping',
    'of a later release',
  )
  fc.assert(
    fc.property(types, fc.oneof(fc.string(), fc.json()), (type, data) => {
      fleet.hear({ type, data, id: '' })
      expect(Array.isArray(fleet.pools.get())).toBe(true)
    }),
  )
})
