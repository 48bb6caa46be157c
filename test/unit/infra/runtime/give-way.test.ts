import { setImmediate as others } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Steps } from '../../../../infra/domain/steps.ts'
import { giveWay } from '../../../../infra/runtime/give-way.ts'

/** As many steps, each of which says that it was made. */
function* stepsOf(count: number, made: (step: number) => void): Steps<string> {
  for (let step = 1; step <= count; step += 1) {
    made(step)
    yield
  }
  return 'done'
}

it('answers what the steps come to', async () => {
  expect(await giveWay(stepsOf(3, () => {}))).toEqual({ result: 'done' })
})

it('lets others have their turn after a slice', async () => {
  const order: string[] = []
  const other = others().then(() => order.push('other'))
  await giveWay(
    stepsOf(3, (step) => order.push(`step ${step}`)),
    { sliceMs: 0 },
  )
  await other
  expect(order).toEqual(['step 1', 'other', 'step 2', 'step 3'])
})

it('makes many steps in one slice', async () => {
  const order: string[] = []
  const other = others().then(() => order.push('other'))
  await giveWay(
    stepsOf(2, (step) => order.push(`step ${step}`)),
    { sliceMs: Number.POSITIVE_INFINITY },
  )
  await other
  expect(order).toEqual(['step 1', 'step 2', 'other'])
})

it('gives up as soon as nobody wants it any more', async () => {
  let made = 0
  const steps = stepsOf(10, (step) => {
    made = step
  })
  expect(await giveWay(steps, { goesOn: () => made < 4 })).toBeUndefined()
  expect(made).toBe(4)
})

it('passes on what a step throws', async () => {
  const broken = stepsOf(1, () => {
    throw new Error('a step failed')
  })
  await expect(giveWay(broken)).rejects.toThrow('a step failed')
})
