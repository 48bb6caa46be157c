import { expect, it } from 'vitest'
import { createPaperFleet } from '../../../../infra/runtime/paper-fleet.ts'

it('begins where the last decision left the count, and has whatever count it is told', async () => {
  const fleet = createPaperFleet(async () => 4)
  const change = { pool: 'checks', count: 7, version: (await fleet.view('checks')).version, message: '', meta: {} }
  expect((await fleet.view('checks')).desiredCount).toBe(4)
  expect(await fleet.setCount(change)).toEqual({ kind: 'applied' })
  expect(await fleet.view('checks')).toMatchObject({ desiredCount: 7, placedCount: 7, runningCount: 7 })
  expect((await fleet.setCount(change)).kind).toBe('conflict')
})
