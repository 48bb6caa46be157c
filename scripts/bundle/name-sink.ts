import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const HEADER_BYTES = 12
const NAMES_MAX = 1_000
/** An address that leads nowhere (TEST-NET-3): whoever gets it tries to go there, and that is seen too. */
const NOWHERE = Buffer.from([203, 0, 113, 7])
const TYPE_A = 1

/** The first question of a DNS message: its name and type, and where it ends; undefined when it cannot be read. Pure. */
export const questionOf = (
  message: Uint8Array,
): { readonly name: string; readonly type: number; readonly end: number } | undefined => {
  const labels: string[] = []
  let at = HEADER_BYTES
  for (;;) {
    const length = message[at]
    if (length === undefined || length > 63) return undefined
    at += 1
    if (length === 0) break
    labels.push(Buffer.from(message.subarray(at, at + length)).toString('latin1'))
    at += length
  }
  if (at + 4 > message.length) return undefined
  return { name: labels.join('.'), type: ((message[at] ?? 0) << 8) | (message[at + 1] ?? 0), end: at + 4 }
}

/** The answer to a question: the address that leads nowhere, or none for other types. Pure. */
export const answerTo = (message: Uint8Array, type: number, end: number): Buffer => {
  const answer = Buffer.from(message.subarray(0, end))
  const isAddress = type === TYPE_A
  // Response, recursion available; one question, one answer or none.
  answer.set([0x81, 0x80, 0, 1, 0, isAddress ? 1 : 0, 0, 0, 0, 0], 2)
  // The name of the question, type A, class IN, a minute, four bytes.
  const record = Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4, ...NOWHERE])
  return isAddress ? Buffer.concat([answer, record]) : answer
}

/** A name server on loopback that writes down every name it is asked for. */
export interface NameSink {
  readonly names: readonly string[]
  close(): void
}

/** Listen where a machine without a network asks for names. Needs a network namespace of its own, and the right to port 53. */
export const openNameSink = async (): Promise<NameSink> => {
  const names: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => {
    const question = questionOf(message)
    if (names.length < NAMES_MAX) names.push(question?.name ?? '(not a question)')
    if (question) socket.send(answerTo(message, question.type, question.end), from.port, from.address)
  })
  socket.bind(53, '127.0.0.1')
  await once(socket, 'listening')
  return { names, close: () => socket.close() }
}
