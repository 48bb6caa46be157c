import { afterEach, expect } from 'vitest'
import { until } from '../worker/node/a-node.ts'
import { AnAllocation, AnEngine } from './an-allocation.ts'

const open: { destroy(): unknown }[] = []

/** An engine that goes when the test is over. */
export const anEngine = (): AnEngine => {
  const engine = new AnEngine()
  open.unshift(engine)
  return engine
}

/** An allocation that goes when the test is over. */
export const anAllocation = async (...args: Parameters<typeof AnAllocation.start>): Promise<AnAllocation> => {
  const allocation = await AnAllocation.start(...args)
  open.unshift(allocation)
  return allocation
}

afterEach(async () => {
  // Engines last: what an allocation still does needs its engine.
  for (const one of open.splice(0).sort((a) => (a instanceof AnEngine ? 1 : -1))) await one.destroy()
})

/** Nothing of an allocation is left: no container, no process. */
export const leavesNothing = async (engine: AnEngine, allocation: AnAllocation): Promise<void> => {
  expect(engine.containers()).toEqual([])
  await until('no process of it is left', () => allocation.strays().length === 0)
}
