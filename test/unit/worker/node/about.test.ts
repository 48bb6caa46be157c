import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type About, readAbout, UNKNOWN } from '../../../../worker/node/about.ts'
import { connectToNode } from '../../../../worker/node/connect.ts'

describe('what a worker says of itself', () => {
  it('is read as it was said', () => {
    const about: About = { consuming: true, inHand: 2, devices: ['cuda', 'cpu'], models: 'm@1' }
    expect(readAbout(JSON.parse(JSON.stringify(about)))).toEqual({ inHand: 2, devices: ['cuda', 'cpu'], models: 'm@1' })
  })

  it('is unknown where it is missing, and never zero', () => {
    for (const body of [undefined, null, 7, [], {}, { inHand: '2', devices: 'cpu', models: 1 }, { inHand: -1 }])
      expect(readAbout(body)).toEqual(UNKNOWN)
  })

  it('is read of anything without an error', () => {
    fc.assert(
      fc.property(fc.anything(), (body) => {
        const { inHand, devices, models } = readAbout(body)
        expect(inHand === null || inHand >= 0).toBe(true)
        expect(devices.every((one) => typeof one === 'string')).toBe(true)
        expect(models === null || typeof models === 'string').toBe(true)
      }),
    )
  })

  it('has models and devices once they are loaded, and what is in hand at every moment', () => {
    const status = { consuming: false, busy: 0 }
    const link = connectToNode({ registry: { getMetricsAsJSON: async () => [] }, status: () => status })
    expect(link.about()).toEqual({ consuming: false, inHand: 0, devices: [], models: null })
    link.ready(['cpu'], 'm@1')
    Object.assign(status, { consuming: true, busy: 4 })
    expect(link.about()).toEqual({ consuming: true, inHand: 4, devices: ['cpu'], models: 'm@1' })
  })
})
