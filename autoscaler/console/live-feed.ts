import { UnavailableError } from '../../infra/domain/errors.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import { inTime } from '../read-signals.ts'

/** Something that is told: as a whole, in place of what was told under its key before. */
export interface LiveFact {
  /** several facts may go by one event: the last decision of each pool, for example */
  readonly key: string
  readonly event: string
  readonly data: object
}

/** Where facts come from. */
export interface LiveSource {
  readonly name: string
  /** it is enough to read it so often (ms); 0 = as often as anything is */
  readonly everyMs: number
  /** without it nothing is worth showing: rather no stream than one that shows what was */
  readonly required: boolean
  read(): Promise<readonly LiveFact[]>
}

/** Whoever listens. */
export interface Listener {
  /** @param text events of a stream, whole ones */
  hear(text: string): void
  /** it is over; he may come again */
  end(): void
}

/** What happens, for any number of listeners. */
export interface LiveFeed {
  /**
   * Tells the listener how everything stands, and from then on what changes.
   * @returns ends it; idempotent
   * @throws UnavailableError when that cannot be read, or when the process is about to end
   */
  join(listener: Listener): Promise<() => void>
  /** Ends every stream, and lets nobody join any more. */
  close(): void
}

/** Durations in ms. */
export interface FeedTimes {
  readonly pollMs: number
  readonly pingMs: number
  /** a required source that was silent for so long ends the streams */
  readonly patienceMs: number
  /** one reading may take this long */
  readonly readMs: number
}
/** What holds unless told: a page that is 2 s old looks live, and proxies give up on silence after 30 s and more. */
export const FEED_TIMES: FeedTimes = { pollMs: 2_000, pingMs: 15_000, patienceMs: 10_000, readMs: 2_000 }

/** One event. JSON has no line of its own in it. @source WHATWG HTML, section 9.2.6 */
const eventText = (event: string, data: object, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

interface FeedDeps {
  readonly sources: readonly LiveSource[]
  readonly clock: Clock
  readonly log: Logger
}

/** What is known, and what of it was read when. */
const createFacts = ({ sources, clock, log }: FeedDeps, readMs: number) => {
  const told = new Map<string, { readonly json: string; readonly text: string }>()
  const readAt = new Map<LiveSource, number>()
  const unknown = new Set<string>()
  const boot = clock.now().toString(36)
  let count = 0

  const busy = new Set<LiveSource>()

  /** @returns events of what is new since it was told before */
  const news = (facts: readonly LiveFact[]): string =>
    facts
      .flatMap(({ key, event, data }) => {
        const json = JSON.stringify(data)
        if (told.get(key)?.json === json) return []
        count += 1
        const text = eventText(event, data, `${boot}-${count}`)
        // To its end, so that all of it is told in the order of its ids.
        told.delete(key)
        told.set(key, { json, text })
        return [text]
      })
      .join('')
  const readOne = async (source: LiveSource): Promise<string> => {
    // What did not answer in time is not asked again until it does.
    busy.add(source)
    const read = source.read().finally(() => busy.delete(source))
    try {
      const facts = await inTime(() => read, readMs)
      readAt.set(source, clock.monotonic())
      unknown.delete(source.name)
      return news(facts)
    } catch (error) {
      if (!unknown.has(source.name)) log.warn({ source: source.name, error }, 'the console cannot be told of this')
      unknown.add(source.name)
      return ''
    }
  }
  const isDue = (source: LiveSource): boolean =>
    clock.monotonic() - (readAt.get(source) ?? Number.NEGATIVE_INFINITY) >= source.everyMs
  return {
    /** @param tell is given events of what is new, of each source as soon as it has answered */
    async read(tell: (text: string) => void): Promise<void> {
      const due = sources.filter((source) => isDue(source) && !busy.has(source))
      await Promise.all(due.map(async (source) => tell(await readOne(source))))
    },
    all: (): string => [...told.values()].map(({ text }) => text).join(''),
    unknown: (): readonly string[] => [...unknown].sort(),
    /** since all that is required was last read (ms) */
    ageMs: (): number => {
      const ages = sources
        .filter(({ required }) => required)
        .map((one) => clock.monotonic() - (readAt.get(one) ?? -1e12))
      return Math.max(0, ...ages)
    },
    forget(): void {
      told.clear()
      readAt.clear()
      unknown.clear()
    },
  }
}

/**
 * One reader for all listeners of a process, and none while nobody listens. Everything is read anew for the first one;
 * whoever comes later is told what was read last.
 */
export const createLiveFeed = (deps: FeedDeps, times: FeedTimes = FEED_TIMES): LiveFeed => {
  const { clock } = deps
  const facts = createFacts(deps, times.readMs)
  const listeners = new Set<Listener>()
  let [closed, pingedAt] = [false, 0]
  let reading: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  const tell = (text: string): void => {
    if (text !== '') for (const listener of [...listeners]) listener.hear(text)
  }
  const endAll = (): void => {
    for (const listener of [...listeners]) listener.end()
    listeners.clear()
  }
  const ping = (): void => {
    pingedAt = clock.monotonic()
    tell(eventText('ping', { at: new Date(clock.now()).toISOString(), unknown: facts.unknown() }))
  }
  const round = (): Promise<void> => {
    reading ??= facts.read(tell).finally(() => {
      reading = undefined
    })
    return reading
  }
  const turn = async (): Promise<void> => {
    timer = undefined
    if (listeners.size === 0) return facts.forget()
    const before = facts.unknown().join()
    await round()
    if (facts.ageMs() > times.patienceMs) endAll()
    if (facts.unknown().join() !== before || clock.monotonic() - pingedAt >= times.pingMs) ping()
    goOn()
  }
  const goOn = (): void => {
    if (!closed) timer ??= setTimeout(() => void turn(), times.pollMs).unref()
  }
  const leave = (listener: Listener) => () => void listeners.delete(listener)

  return {
    async join(listener) {
      // Where nobody listened, what was read before is nothing to go by.
      if (!closed && timer === undefined) await round()
      if (closed || facts.ageMs() > times.patienceMs) {
        if (listeners.size === 0) facts.forget()
        throw new UnavailableError('the console', new Error(closed ? 'it is about to end' : 'nothing can be read'))
      }
      listeners.add(listener)
      listener.hear(facts.all())
      if (timer === undefined) pingedAt = clock.monotonic()
      goOn()
      return leave(listener)
    },
    close() {
      closed = true
      clearTimeout(timer)
      timer = undefined
      endAll()
    },
  }
}
