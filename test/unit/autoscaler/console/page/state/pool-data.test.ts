import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Api } from '../../../../../../autoscaler/console/page/state/api.ts'
import { createFleet } from '../../../../../../autoscaler/console/page/state/fleet.ts'
import { createLife, type Life } from '../../../../../../autoscaler/console/page/state/life.ts'
import { createCardData, createPoolData } from '../../../../../../autoscaler/console/page/state/pool-data.ts'
import { DEFAULT_RANGE } from '../../../../../../autoscaler/console/page/state/range.ts'
import { value } from '../../../../../../autoscaler/console/page/state/value.ts'

let life: Life
let asked: string[]
beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
  life = createLife()
  asked = []
})
afterEach(() => {
  life.end()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const aConsole = () => {
  const get = async <T>(path: string): Promise<T> => {
    asked.push(path)
    return { points: [] } as T
  }
  return { api: { get } as Api, fleet: createFleet(), range: value(DEFAULT_RANGE) }
}

it('asks for a card what a card shows, and nothing as long as it is out of sight', async () => {
  const sight = value(false)
  const console = aConsole()
  createCardData(console, life, 'gpu a', sight)
  const decision = { id: 'one', pool: 'gpu a' }
  console.fleet.hear({ type: 'decision', id: '', data: JSON.stringify({ decision }) })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked).toEqual([])
  sight.set(true)
  await vi.advanceTimersByTimeAsync(1)
  expect(asked.sort()).toEqual(['pools/gpu%20a/bottleneck', 'pools/gpu%20a/history', 'pools/gpu%20a/minutes'])
})

it('asks for the plan too where all of a pool is shown', async () => {
  createPoolData(aConsole(), life, 'ocr')
  await vi.advanceTimersByTimeAsync(1)
  expect(asked.sort()).toEqual(['bottleneck', 'history', 'minutes', 'plan'].map((one) => `pools/ocr/${one}`))
})
