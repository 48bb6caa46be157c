import { describeDispatcher } from '../../contract/dispatcher.ts'
import { createMemoryDispatcher } from '../../fakes/dispatcher.ts'

describeDispatcher('memory', async () => {
  let now = 1_000_000
  return {
    dispatcher: createMemoryDispatcher(() => now, 500),
    pass: (ms) => {
      now += ms
    },
  }
})
