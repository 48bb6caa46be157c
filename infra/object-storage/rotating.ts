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
}

/** Calls under way when credentials change still end on the store they began on; none takes longer. */
const LINGER_MS = 60_000
/** Asked for to see whether credentials are accepted: it is not there, and every right that is needed is. */
const PROBE_KEY = 'probe/credentials'

/**
 * A store whose credentials may change at any moment, in two files one after the other too. New ones are on trial: a call
 * they are refused for is made with those before, and they take over with the first call that is not refused. So no call
 * fails while either pair is good.
 */
export const createRotatingBlobStore = <C>({ credentials, open, onRefused }: Rotation<C>): BlobStore => {
  const opened = (now: C): Opened<C> => ({ credentials: now, store: open(now) })
  let trusted = opened(credentials())
  let trial: (Opened<C> & { refused: boolean }) | undefined
  const lingering = new Map<BlobStore, NodeJS.Timeout>()

  const retire = (store: BlobStore): void => {
    const end = () => {
      lingering.delete(store)
      void store.close()
    }
    lingering.set(store, setTimeout(end, LINGER_MS).unref())
  }
  const promote = (to: Opened<C>): void => {
    if (to !== trial) return
    retire(trusted.store)
    trusted = to
    trial = undefined
  }
  /** Whom to ask, in this order. */
  const candidates = (): readonly [Opened<C>, ...Opened<C>[]] => {
    const now = credentials()
    if (trial && !isDeepStrictEqual(now, trial.credentials)) {
      retire(trial.store)
      trial = undefined
    }
    if (!trial && !isDeepStrictEqual(now, trusted.credentials)) trial = { ...opened(now), refused: false }
    if (!trial) return [trusted]
    return trial.refused ? [trusted, trial] : [trial, trusted]
  }
  const refuse = (by: Opened<C>): void => {
    if (by !== trial || trial.refused) return
    trial.refused = true
    onRefused()
  }
  const run = async <T>(call: (store: BlobStore) => Promise<T>): Promise<T> => {
    const [first, ...rest] = candidates()
    const attempt = async (by: Opened<C>): Promise<T> => {
      try {
        const answer = await call(by.store)
        promote(by)
        return answer
      } catch (error) {
        if (error instanceof BlobNotFoundError) promote(by)
        if (error instanceof StorageDeniedError) refuse(by)
        throw error
      }
    }
    try {
      return await attempt(first)
    } catch (error) {
      const [second] = rest
      if (!second || !(error instanceof StorageDeniedError)) throw error
      return attempt(second)
    }
  }
  /** For what asks no server, or asks it many times over: a store whose credentials were accepted, if there is one. */
  const proven = async (): Promise<BlobStore> => {
    if (candidates().length > 1) await run((store) => store.head(PROBE_KEY)).catch(() => {})
    return trusted.store
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
    async close() {
      for (const timer of lingering.values()) clearTimeout(timer)
      const stores = [trusted.store, ...(trial ? [trial.store] : []), ...lingering.keys()]
      await Promise.all(stores.map((store) => store.close()))
    },
  }
}
