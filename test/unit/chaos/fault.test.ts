import { expect, it } from 'vitest'
import { chosen, type Fault, seeded, shuffled } from '../../chaos/fault.ts'

const ITEMS = Array.from({ length: 20 }, (_, index) => index)

it('gives the same order for the same seed, and another for another', () => {
  expect(shuffled(ITEMS, seeded(7))).toEqual(shuffled(ITEMS, seeded(7)))
  expect(shuffled(ITEMS, seeded(7))).not.toEqual(shuffled(ITEMS, seeded(8)))
})

it('keeps every item once', () => {
  expect([...shuffled(ITEMS, seeded(1))].sort((a, b) => a - b)).toEqual(ITEMS)
})

const aFault = (name: string): Fault => ({ name, holdMs: 0, inject: async () => undefined })
const ALL = { faults: [aFault('Redis killed'), aFault('api killed')], clusterFaults: [aFault('a node killed')] }

it('chooses faults by name, however it is written', () => {
  const { faults, clusterFaults } = chosen(['redis killed', 'A node killed'], ALL)
  expect([...faults, ...clusterFaults].map(({ name }) => name)).toEqual(['Redis killed', 'a node killed'])
})

it('names all faults to whoever asks for another', () => {
  expect(() => chosen(['Redis killed', 'meteor'], ALL)).toThrow(/meteor; there are:\n {2}Redis killed\n {2}api killed/)
  expect(() => chosen([], ALL)).toThrow('there are')
})
