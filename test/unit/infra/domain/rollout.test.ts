import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concerns, fractionOf, isChosen } from '../../../../infra/domain/rollout.ts'

const jobs = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `job-${index}`, tenant: 'acme' }))
const chosenOf = (rollout: Parameters<typeof isChosen>[0], count = 20_000) =>
  jobs(count).filter((job) => isChosen(rollout, job))

it('makes a number of 0..1 of any text, always the same', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const fraction = fractionOf(text)
      expect(fraction).toBeGreaterThanOrEqual(0)
      expect(fraction).toBeLessThan(1)
      expect(fractionOf(text)).toBe(fraction)
    }),
  )
})

describe('the share of a rollout', () => {
  it.each([0.01, 0.1, 0.5, 0.9])('is %d of many jobs, give or take a little', (share) => {
    const found = chosenOf({ id: '7', share, tenants: [] }).length / 20_000
    // Five standard errors.
    expect(Math.abs(found - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / 20_000))
  })

  it('is nobody at 0 and everybody at 1', () => {
    expect(chosenOf({ id: '7', share: 0, tenants: [] }, 1_000)).toHaveLength(0)
    expect(chosenOf({ id: '7', share: 1, tenants: [] }, 1_000)).toHaveLength(1_000)
  })

  it('keeps whom it has when it grows', () => {
    const small = chosenOf({ id: '7', share: 0.1, tenants: [] }, 2_000).map(({ id }) => id)
    const large = new Set(chosenOf({ id: '7', share: 0.3, tenants: [] }, 2_000).map(({ id }) => id))
    expect(small.every((id) => large.has(id))).toBe(true)
  })

  it('is another one of the next rollout: nobody is always the one who is tried on', () => {
    const [one, other] = ['7', '8'].map(
      (id) => new Set(chosenOf({ id, share: 0.5, tenants: [] }, 4_000).map((job) => job.id)),
    )
    const both = [...(one ?? [])].filter((job) => other?.has(job)).length
    expect(both / 4_000).toBeGreaterThan(0.2)
    expect(both / 4_000).toBeLessThan(0.3)
  })

  it('is of the named tenants only', () => {
    const rollout = { id: '7', share: 1, tenants: ['acme', 'other'] }
    expect(isChosen(rollout, { id: 'a', tenant: 'acme' })).toBe(true)
    expect(isChosen(rollout, { id: 'a', tenant: 'third' })).toBe(false)
    expect(concerns({ tenants: [] }, 'third')).toBe(true)
  })
})
