import { describe, expect, it } from 'vitest'
import { createDeathBudget } from '../../../../worker/inference/death-budget.ts'

describe('a death budget of 2 in 100 ms', () => {
  it.each([
    ['allows as many as it says', [0, 50], [true, true]],
    ['refuses one more within the window', [0, 50, 99], [true, true, false]],
    ['forgets what is older than the window', [0, 50, 100, 149, 151], [true, true, true, false, false]],
    ['recovers after a quiet window', [0, 1, 2, 500], [true, true, false, true]],
  ])('%s', (_what, deaths, allowed) => {
    const budget = createDeathBudget(2, 100)
    expect(deaths.map((now) => budget.spend(now))).toEqual(allowed)
  })
})
