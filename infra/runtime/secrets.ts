import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import { type Present, readSecretFile, SecretFileOpenError } from './secret-file.ts'

/** What is made of a secret, as the secret is now. */
export interface Secret<T> {
  /** costs nothing: files are looked at in the background */
  now(): T
  /** looks at the file first: for whoever has met something that a newer secret would explain */
  renewed(): T
  /** what it was before, for changes no longer ago than this; the latest first */
  before(withinMs: number): readonly T[]
}

/** The secrets of one process. A file that cannot be used after a change leaves the last good value, and shows. */
export interface Secrets {
  /** an address with its password: the file is read whenever the value is asked for */
  readonly present: Present
  /**
   * Follow `X_FILE`; without one the value stays as it was at the start.
   * @param make throws for a text that cannot be used
   * @throws whatever `make` throws for the value at the start
   */
  follow<T>(name: string, atStart: string, make: (text: string) => T): Secret<T>
  /** The same for a variable that itself names a file; undefined until the file could be used. */
  followPath<T>(name: string, path: string, make: (text: string) => T): Secret<T | undefined>
  /** at every file, now: for what cannot wait a second */
  look(): void
  /** no further look at any file */
  stop(): void
}

/** Opens the secrets of a process that has a log and metrics. */
export type OpenSecrets = (tell: { readonly log: Logger; readonly metrics: Metrics }) => Secrets

/** Seconds are soon enough, and a few small files a second cost nothing. */
const LOOK_MS = 1_000

/** Something that never changes while the process runs. */
export const lasting = <T>(value: T): Secret<T> => ({ now: () => value, renewed: () => value, before: () => [] })

/** Why a file leaves the last good value. */
type Fault = 'missing' | 'empty' | 'open' | 'unusable'

const read = (path: string): { readonly text: string } | { readonly fault: Fault } => {
  try {
    const text = readSecretFile(path)
    return text === '' ? { fault: 'empty' } : { text }
  } catch (error) {
    return { fault: error instanceof SecretFileOpenError ? 'open' : 'missing' }
  }
}

/** What befalls one file. */
interface Told {
  changed(): void
  refused(fault: Fault): void
  mended(): void
}

/** One file, and what was last made of it. */
class Followed<T> implements Secret<T> {
  readonly #path: string
  readonly #make: (text: string) => T
  readonly #told: Told
  #text: string | undefined
  #value: T
  /** what the file held when it was refused, so that the same text is refused once */
  #refused: string | undefined
  fault: Fault | undefined
  readonly #before: { readonly value: T; readonly until: number }[] = []

  constructor(
    path: string,
    start: { readonly text?: string; readonly value: T },
    make: (text: string) => T,
    told: Told,
  ) {
    this.#path = path
    this.#text = start.text
    this.#value = start.value
    this.#make = make
    this.#told = told
  }

  look(): void {
    const found = read(this.#path)
    if ('fault' in found) this.#refuse(found.fault)
    else if (found.text === this.#text) this.#mend()
    else if (found.text !== this.#refused) this.#take(found.text)
  }

  now(): T {
    return this.#value
  }

  renewed(): T {
    this.look()
    return this.#value
  }

  before(withinMs: number): readonly T[] {
    const since = Date.now() - withinMs
    return this.#before.filter(({ until }) => until >= since).map(({ value }) => value)
  }

  #take(text: string): void {
    let value: T
    try {
      value = this.#make(text)
    } catch {
      this.#refuse('unusable', text)
      return
    }
    if (this.#text !== undefined) this.#before.unshift({ value: this.#value, until: Date.now() })
    this.#before.splice(KEPT_COUNT)
    this.#text = text
    this.#value = value
    this.#mend()
    this.#told.changed()
  }

  #refuse(fault: Fault, text?: string): void {
    const isNew = this.fault !== fault || text !== this.#refused
    this.fault = fault
    this.#refused = text
    if (isNew) this.#told.refused(fault)
  }

  #mend(): void {
    if (this.fault !== undefined) this.#told.mended()
    this.fault = undefined
    this.#refused = undefined
  }
}

/** More changes within minutes are somebody trying things out. */
const KEPT_COUNT = 4

/** Secrets that stay as they were at the start, for tests, benchmarks and commands. */
export const lastingSecrets: Secrets = {
  present: (_name, atStart) => () => atStart,
  follow: (_name, atStart, make) => lasting(make(atStart)),
  followPath: () => lasting(undefined),
  look() {},
  stop() {},
}

/** For a process that is told nothing of files. */
export const secretsAsAtStart: OpenSecrets = () => lastingSecrets

/**
 * Secrets of an environment: of every `X_FILE` that is used the file is looked at again once a second, in this process and
 * without a signal, because that is all that container engines and people with an editor have in common.
 */
export const secretsOf =
  (env: Readonly<Record<string, string | undefined>>): OpenSecrets =>
  ({ log, metrics }) => {
    const files = new Map<string, Followed<unknown>>()
    const help = 'Files of secrets that cannot be used as they are now; the last good value goes on'
    metrics.gauges('muster_secrets_unusable', help, 'secret', () => {
      return new Map([...files].map(([name, { fault }]) => [name, fault === undefined ? 0 : 1]))
    })
    const toldOf = (secret: string): Told => ({
      changed() {
        metrics.count('secrets_changed', { reason: secret })
        log.info({ secret }, 'a secret has changed')
      },
      refused(fault) {
        metrics.count('secrets_refused', { reason: secret })
        log.warn({ secret, fault }, 'the file of a secret cannot be used: the last good value goes on')
      },
      mended: () => log.info({ secret }, 'the file of a secret can be used again'),
    })
    const add = <T>(name: string, file: Followed<T>): Followed<T> => {
      files.set(name, file as Followed<unknown>)
      return file
    }
    const follow: Secrets['follow'] = (name, atStart, make) => {
      const value = make(atStart)
      const path = env[name] ? undefined : env[`${name}_FILE`]
      return path ? add(name, new Followed(path, { text: atStart, value }, make, toldOf(name))) : lasting(value)
    }
    const look = () => {
      for (const file of files.values()) file.look()
    }
    const looking = setInterval(look, LOOK_MS).unref()
    return {
      follow,
      present: (name, atStart) => {
        const secret = follow(name, atStart, (text) => text)
        return () => secret.renewed()
      },
      followPath<T>(name: string, path: string, make: (text: string) => T) {
        const file = add(name, new Followed<T | undefined>(path, { value: undefined }, make, toldOf(name)))
        file.look()
        return file
      },
      look,
      stop: () => clearInterval(looking),
    }
  }
