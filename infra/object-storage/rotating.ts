import { isDeepStrictEqual } from 'node:util'
import { BlobNotFoundError, StorageDeniedError } from '../domain/errors.ts'
import type { BlobStore } from '../ports/blob-store.ts'

/** How a store is opened, and as whom. */
export interface Rotation<C> {
  /** the credentials as they are now: asked for at every call, so it must cost nothing */
  credentials(): C
  open(credentials: C): BlobStore
  /** the server refuses credentials that are new; those before them go on */
  onRefused(): void
}

interface Opened<C> {
  readonly credentials: C
  readonly store: BlobStore
  refused: boolean
}

/** Calls under way when credentials change still end on the store they began on; none takes longer. */
const LINGER_MS = 60_000
/** Asked for to see whether credentials are accepted: it is not there, and every right that is needed is. */
const PROBE_KEY = 'probe/credentials'

/** The credentials that are known to be good, and those that are on trial. */
class Credentials<C> {
  readonly #rotation: Rotation<C>
  #trusted: Opened<C>
  #trial: Opened<C> | undefined
  readonly #lingering = new Map<BlobStore, NodeJS.Timeout>()

  constructor(rotation: Rotation<C>) {
    this.#rotation = rotation
    this.#trusted = this.#open(rotation.credentials())
  }

  get trusted(): Opened<C> {
    return this.#trusted
  }

  /** Whom to ask, in this order. */
  candidates(): readonly [Opened<C>, ...Opened<C>[]] {
    const now = this.#rotation.credentials()
    if (this.#trial && !isDeepStrictEqual(now, this.#trial.credentials)) {
      this.#retire(this.#trial.store)
      this.#trial = undefined
    }
    if (!this.#trial && !isDeepStrictEqual(now, this.#trusted.credentials)) this.#trial = this.#open(now)
    if (!this.#trial) return [this.#trusted]
    return this.#trial.refused ? [this.#trusted, this.#trial] : [this.#trial, this.#trusted]
  }

  accepted(by: Opened<C>): void {
    if (by !== this.#trial) return
    this.#retire(this.#trusted.store)
    this.#trusted = by
    this.#trial = undefined
  }

  refused(by: Opened<C>): void {
    if (by !== this.#trial || by.refused) return
    by.refused = true
    this.#rotation.onRefused()
  }

  async close(): Promise<void> {
    for (const timer of this.#lingering.values()) clearTimeout(timer)
    const stores = [this.#trusted.store, ...(this.#trial ? [this.#trial.store] : []), ...this.#lingering.keys()]
    await Promise.all(stores.map((store) => store.close()))
  }

  #open(credentials: C): Opened<C> {
    return { credentials, store: this.#rotation.open(credentials), refused: false }
  }

  #retire(store: BlobStore): void {
    const end = () => {
      this.#lingering.delete(store)
      void store.close()
    }
    this.#lingering.set(store, setTimeout(end, LINGER_MS).unref())
  }
}

/**
 * A store whose credentials may change at any moment, in two files one after the other too. New ones are on trial: a call
 * they are refused for is made with those before, and they take over with the first call that is not refused. So no call
 * fails while either pair is good.
 */
export const createRotatingBlobStore = <C>(rotation: Rotation<C>): BlobStore => {
  const credentials = new Credentials(rotation)
  const attempt = async <T>(by: Opened<C>, call: (store: BlobStore) => Promise<T>): Promise<T> => {
    try {
      const answer = await call(by.store)
      credentials.accepted(by)
      return answer
    } catch (error) {
      if (error instanceof BlobNotFoundError) credentials.accepted(by)
      if (error instanceof StorageDeniedError) credentials.refused(by)
      throw error
    }
  }
  const run = async <T>(call: (store: BlobStore) => Promise<T>): Promise<T> => {
    const [first, second] = credentials.candidates()
    try {
      return await attempt(first, call)
    } catch (error) {
      if (!second || !(error instanceof StorageDeniedError)) throw error
      return attempt(second, call)
    }
  }
  /** For what asks no server, or asks it many times over: a store whose credentials were accepted, if there is one. */
  const proven = async (): Promise<BlobStore> => {
    if (credentials.candidates().length > 1) await run((store) => store.head(PROBE_KEY)).catch(() => {})
    return credentials.trusted.store
  }

  return {
    put: (key, body, contentType) => run((store) => store.put(key, body, contentType)),
    get: (key, maxBytes) => run((store) => store.get(key, maxBytes)),
    head: (key) => run((store) => store.head(key)),
    delete: (key) => run((store) => store.delete(key)),
    async *list(prefix) {
      yield* (await proven()).list(prefix)
    },
    signUpload: async (key, limits) => (await proven()).signUpload(key, limits),
    close: () => credentials.close(),
  }
}
