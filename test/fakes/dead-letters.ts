import type { DeadLetter, DeadLetters } from '../../infra/ports/dead-letters.ts'

/** Dead letters in memory. */
export const createMemoryDeadLetters = (
  letters: DeadLetter[] = [],
): DeadLetters & { readonly letters: DeadLetter[] } => {
  const settle: DeadLetters['settle'] = async (limit, decide) => {
    let removedCount = 0
    for (const letter of letters.slice(0, limit)) {
      if ((await decide(letter)) !== 'remove') continue
      letters.splice(letters.indexOf(letter), 1)
      removedCount += 1
    }
    return removedCount
  }
  return { letters, count: async () => letters.length, list: async (limit) => letters.slice(0, limit), settle }
}
