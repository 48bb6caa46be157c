import { describeDeadLetters } from '../../contract/dead-letters.ts'
import { createMemoryDeadLetters } from '../../fakes/dead-letters.ts'
import { aDeadLetter } from '../../fixtures/dead-letters.ts'

describeDeadLetters('memory', async () => {
  const deadLetters = createMemoryDeadLetters()
  return {
    deadLetters,
    kill: async (id, reason) => void deadLetters.letters.push(aDeadLetter(id, { ...(reason && { reason }) })),
  }
})
