import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hashOf, parseRoute } from '../../../../../../autoscaler/console/page/state/route.ts'

it('finds its way back to every place', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (name) => {
      expect(parseRoute(hashOf({ view: 'pool', pool: name }))).toEqual({ view: 'pool', pool: name })
      expect(parseRoute(hashOf({ view: 'job', id: name }))).toEqual({ view: 'job', id: name })
    }),
  )
  for (const view of ['fleet', 'nodes', 'dead-letters', 'drift'] as const)
    expect(parseRoute(hashOf({ view }))).toEqual({ view })
})

it.each(['', '#', '#/', '#/nowhere', '#/pools', '#/pools/', '#//', '#/toString'])('takes %j for the fleet', (hash) => {
  expect(parseRoute(hash)).toEqual({ view: 'fleet' })
})

it('bears an address that is broken', () => {
  expect(parseRoute('#/jobs/%E0%A4%A')).toEqual({ view: 'job', id: '' })
})
