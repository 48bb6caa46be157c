import { ProblemError, problemOf } from './problem.ts'

/** A person waits no longer for an answer. */
const TIMEOUT_MS = 15_000

type Query = Readonly<Record<string, string | number | undefined>>

/** The autoscaler's HTTP with the key of whoever is signed in. @throws ProblemError */
export interface Api {
  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T>
  send<T>(method: 'POST' | 'DELETE', path: string, body?: object, query?: Query): Promise<T>
  /** an answer that goes on and on; its body is for whoever asked */
  stream(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response>
}

/** What it needs: the key, and whom to tell that it is no longer good. */
export interface ApiDeps {
  readonly key: () => string | undefined
  readonly onRefused: () => void
  /** the page's own address: paths are found beside it, whatever a proxy put before them */
  readonly base: string
}

const urlOf = (base: string, path: string, query: Query): string => {
  const url = new URL(`../v1/${path}`, base)
  for (const [name, text] of Object.entries(query)) if (text !== undefined) url.searchParams.set(name, String(text))
  return url.href
}

const jsonOf = async (response: Response): Promise<unknown> => {
  const text = await response.text()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Builds it. */
export const createApi = ({ key, onRefused, base }: ApiDeps): Api => {
  const call = async (url: string, init: RequestInit): Promise<Response> => {
    const used = key()
    const headers = { ...(init.headers as Record<string, string>), ...(used && { authorization: `Bearer ${used}` }) }
    const answer = await fetch(url, { ...init, headers, cache: 'no-store', redirect: 'error' }).catch(
      (error: unknown) => {
        if (init.signal?.aborted && (error as Error).name === 'AbortError') throw error
        throw new ProblemError(0, 'AWAY', 'the autoscaler does not answer')
      },
    )
    if (answer.ok) return answer
    // Of a key that was replaced meanwhile it says nothing about the new one.
    if (answer.status === 401 && used === key()) onRefused()
    throw problemOf(answer.status, await jsonOf(answer).catch(() => undefined))
  }
  const withTime = (signal?: AbortSignal): AbortSignal =>
    signal ? AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) : AbortSignal.timeout(TIMEOUT_MS)

  return {
    async get<T>(path: string, query: Query = {}, signal?: AbortSignal) {
      return (await jsonOf(await call(urlOf(base, path, query), { signal: withTime(signal) }))) as T
    },
    async send<T>(method: 'POST' | 'DELETE', path: string, body?: object, query: Query = {}) {
      const headers = body ? { 'content-type': 'application/json' } : {}
      const init = { method, headers, signal: withTime(), ...(body && { body: JSON.stringify(body) }) }
      return (await jsonOf(await call(urlOf(base, path, query), init))) as T
    },
    stream: (path, headers, signal) => call(urlOf(base, path, {}), { headers, signal }),
  }
}
