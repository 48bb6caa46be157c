import type { Api } from './api.ts'
import { backoffMs } from './backoff.ts'
import { createEventParser, type StreamEvent } from './event-parser.ts'
import { asProblem } from './problem.ts'
import { type Value, value } from './value.ts'

/** Is what is shown what is so? Instants are epoch ms. */
export interface Connection {
  readonly kind: 'connecting' | 'live' | 'old'
  /** when the last word came; undefined = none yet */
  readonly heardAt: number | undefined
  /** when it is tried again; undefined = it is being tried */
  readonly retryAt: number | undefined
  /** why it is not live, in words */
  readonly why: string
}

/** The stream of what happens, held open as long as somebody looks. */
export interface LiveStream {
  readonly connection: Value<Connection>
  start(): void
  /** Try now instead of waiting. */
  retry(): void
  stop(): void
}

/** The server says something every 15 s: twice that and a little more is silence. */
const SILENCE_MS = 35_000

interface LiveDeps {
  readonly api: Pick<Api, 'stream'>
  readonly onEvent: (event: StreamEvent) => void
  readonly now: () => number
  readonly random: () => number
}

/** Read the stream to its end. Every piece counts as a word, comments too. */
const readAll = async (
  { api, onEvent }: LiveDeps,
  last: { id: string },
  signal: AbortSignal,
  onWord: () => void,
): Promise<void> => {
  const headers = { accept: 'text/event-stream', ...(last.id && { 'last-event-id': last.id }) }
  const answer = await api.stream('events', headers, signal)
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  const parser = createEventParser()
  for (;;) {
    const piece = await reader?.read()
    if (!piece || piece.done) return
    onWord()
    for (const event of parser.push(piece.value)) {
      if (event.id) last.id = event.id
      onEvent(event)
    }
  }
}

/** Builds it. It comes back by itself after every break, later each time. */
export const createLiveStream = (deps: LiveDeps): LiveStream => {
  const { now, random } = deps
  const fresh: Connection = { kind: 'connecting', heardAt: undefined, retryAt: undefined, why: '' }
  const connection = value<Connection>(fresh)
  const last = { id: '' }
  let attempt = 0
  let [current, timer, silence]: [AbortController | undefined, number, number] = [undefined, 0, 0]
  const change = (next: Partial<Connection>) => connection.set({ ...connection.get(), ...next })

  /** From the first call on: where nothing comes back at all no browser gives up for minutes. */
  const listen = (): void => {
    clearTimeout(silence)
    silence = window.setTimeout(() => current?.abort(), SILENCE_MS)
  }
  const heard = (): void => {
    attempt = 0
    change({ kind: 'live', heardAt: now(), retryAt: undefined, why: '' })
    listen()
  }
  const run = async (): Promise<void> => {
    current?.abort()
    const mine = new AbortController()
    current = mine
    listen()
    const why = await readAll(deps, last, mine.signal, heard).then(
      () => 'the autoscaler ended the connection',
      (error: unknown) => asProblem(error).message,
    )
    if (current !== mine) return
    clearTimeout(silence)
    attempt += 1
    const waitMs = backoffMs(attempt, random())
    change({ kind: 'old', retryAt: now() + waitMs, why })
    timer = window.setTimeout(connect, waitMs)
  }
  const connect = (): void => {
    clearTimeout(timer)
    change({ retryAt: undefined })
    void run()
  }
  return {
    connection,
    start: connect,
    retry: connect,
    stop() {
      clearTimeout(timer)
      clearTimeout(silence)
      const ended = current
      current = undefined
      ended?.abort()
      connection.set(fresh)
      last.id = ''
    },
  }
}
