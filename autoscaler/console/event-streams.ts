import { Readable } from 'node:stream'
import { UnavailableError } from '../../infra/domain/errors.ts'
import type { Principal } from '../../infra/http/authenticate.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import type { LiveFeed } from './live-feed.ts'

/** Whose stream it is, and whether he still may have it. */
export interface StreamOwner {
  readonly principal: Principal
  /** the check of his first request, again @throws RequestError when the key is no longer good */
  readonly again: () => Promise<Principal>
}

/** Bounds of all streams of a process. */
export interface StreamLimits {
  readonly maxCount: number
  /** of one key: nobody takes the places of all others */
  readonly maxPerKey: number
  /** not read yet when more comes, from which on a slow reader is cut off (bytes) */
  readonly maxWaitingBytes: number
  /** between two checks of every key (ms) */
  readonly checkMs: number
}
/** What holds unless told: a few people with some pages each. */
export const STREAM_LIMITS: StreamLimits = {
  maxCount: 200,
  maxPerKey: 20,
  maxWaitingBytes: 2 * 1024 * 1024,
  checkMs: 5_000,
}

/** Open streams of events. */
export interface EventStreams {
  /**
   * @returns what is to be sent, without an end of its own
   * @throws RequestError TOO_MANY_STREAMS @throws UnavailableError
   */
  open(owner: StreamOwner): Promise<Readable>
  /** Ends all of them, so that the process can. */
  close(): void
}

/** Whoever was cut off comes back after so long, unless he knows better. */
const RETRY = 'retry: 2000\n\n'

/** To read the last word: whoever does not read must not keep the process from ending. */
const LINGER_MS = 1_000

const lastWord = (why: string): string => `event: end\ndata: ${JSON.stringify({ why })}\n\n`

/** What many are told is in memory once. */
const createBytesOf = () => {
  let last = { text: '', bytes: Buffer.alloc(0) }
  return (text: string): Buffer => {
    if (last.text !== text) last = { text, bytes: Buffer.from(text) }
    return last.bytes
  }
}

/** Is it a refusal? All else is our fault, and no reason to end anything. */
const isRefusal = (error: unknown): error is RequestError => error instanceof RequestError

const sameRights = (a: Principal, b: Principal): boolean =>
  a.tenant === b.tenant && a.role === b.role && a.scopes.join() === b.scopes.join()

type EndStream = (stream: Readable, why: string) => void

/** Ends what one key has open where the key is no longer good for it. */
const checkKey = async (own: readonly (readonly [Readable, StreamOwner])[], end: EndStream): Promise<void> => {
  try {
    const present = await own[0]?.[1].again()
    for (const [stream, { principal }] of own)
      if (present && !sameRights(present, principal)) end(stream, 'the rights of this API key have changed')
  } catch (error) {
    if (isRefusal(error)) for (const [stream] of own) end(stream, error.message)
  }
}

/** A key once, whatever it has open: each refusal counts against its address, and others come from there too. */
const checkKeys = (open: ReadonlyMap<Readable, StreamOwner>, end: EndStream): void => {
  for (const own of Map.groupBy(open, ([, { principal }]) => principal.keyId).values()) void checkKey(own, end)
}

/** Builds it. */
export const createEventStreams = (feed: LiveFeed, limits: StreamLimits = STREAM_LIMITS): EventStreams => {
  const open = new Map<Readable, StreamOwner>()
  const bytesOf = createBytesOf()
  let checking: NodeJS.Timeout | undefined

  const mustHaveRoom = ({ principal: { keyId } }: StreamOwner): void => {
    const own = [...open.values()].filter(({ principal }) => principal.keyId === keyId).length
    if (open.size < limits.maxCount && own < limits.maxPerKey) return
    const whose = own < limits.maxPerKey ? 'this process has' : 'this API key has'
    throw new RequestError('TOO_MANY_STREAMS', `${whose} as many streams open as it may`, {
      headers: { 'retry-after': '10' },
    })
  }
  const end = (stream: Readable, why?: string): void => {
    if (!open.delete(stream) || stream.destroyed) return
    if (why !== undefined) stream.push(lastWord(why))
    stream.push(null)
    setTimeout(() => stream.destroy(), LINGER_MS).unref()
  }
  const forget = (stream: Readable): void => {
    open.delete(stream)
    if (open.size > 0) return
    clearInterval(checking)
    checking = undefined
  }

  return {
    async open(owner) {
      mustHaveRoom(owner)
      const stream = new Readable({ read: () => {} })
      // Before anything is waited for: a thousand who come at once are counted as they come.
      open.set(stream, owner)
      let leave: (() => void) | undefined
      stream.on('close', () => {
        leave?.()
        forget(stream)
      })
      const hear = (text: string): void => {
        // One that has its end may still be on its way.
        if (stream.destroyed || !open.has(stream)) return
        // Looked at before: one word alone, of a large fleet, may be longer, and whoever reads it is not slow.
        if (stream.readableLength > limits.maxWaitingBytes) stream.destroy()
        else stream.push(bytesOf(text))
      }
      stream.push(RETRY)
      try {
        leave = await feed.join({ hear, end: () => end(stream) })
      } catch (error) {
        stream.destroy()
        throw error
      }
      if (stream.destroyed) {
        leave()
        throw new UnavailableError('the console', new Error('it was ended before it began'))
      }
      checking ??= setInterval(() => checkKeys(open, end), limits.checkMs).unref()
      return stream
    },
    close() {
      feed.close()
      for (const stream of [...open.keys()]) end(stream)
    },
  }
}
