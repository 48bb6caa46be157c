import type { Completion } from '../domain/message.ts'
import { encode } from './codec.ts'

/** Completions for one api instance that fall into one turn of the event loop travel in one message. */
export const createCompletions = (send: (queue: string, body: Buffer) => void) => {
  const waiting = new Map<string, Completion[]>()
  const flush = () => {
    for (const [queue, completions] of waiting) send(queue, encode(completions))
    waiting.clear()
  }
  return (replyTo: string, completion: Completion): void => {
    if (waiting.size === 0) setImmediate(flush)
    const group = waiting.get(replyTo)
    if (group) group.push(completion)
    else waiting.set(replyTo, [completion])
  }
}
