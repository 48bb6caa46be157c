import type { IncomingMessage } from 'node:http'

/** @returns undefined when the sender went before all of it was here, as one that is killed does: nobody waits for an answer */
export const wholeBody = async (incoming: IncomingMessage): Promise<Buffer | undefined> => {
  const parts: Buffer[] = []
  try {
    for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part)
  } catch {
    return undefined
  }
  return Buffer.concat(parts)
}
