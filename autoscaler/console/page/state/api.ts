import { ProblemError, problemOf } from './problem.ts'

/** A person waits no longer for an answer. */
const TIMEOUT_MS = 15_000

type Query = Readonly<Record<string, string | number | undefined>>

/** The autoscaler's HTTP with the key of whoever is signed in. @throws ProblemError */
export interface Api {
  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T>
  send<T>(method: 'POST' | 'DELETE', path: string, body?: object): Promise<T>
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

/** Whose key it is may be asked of any key: it may be good by now. */
const SESSION = 'session'

/** Builds it. */
export const createApi = ({ key, onRefused, base }: ApiDeps): Api => {
  let refused: string | undefined

  const call = async (path: string, query: Query, init: RequestInit): Promise<Response> => {
    const used = key()
    // Each refusal counts against the address from which somebody is about to sign in: panels that go on asking would lock him out.
    if (used !== undefined && used === refused && path !== SESSION)
      throw new ProblemError(401, 'UNAUTHENTICATED', 'this API key is no longer good')
    const headers = { ...(init.headers as Record<string, string>), ...(used && { authorization: `Bearer ${used}` }) }
    const answer = await fetch(urlOf(base, path, query), {
      ...init,
      headers,
      cache: 'no-store',
      redirect: 'error',
    }).catch((error: unknown) => {
      if (init.signal?.aborted && (error as Error).name === 'AbortError') throw error
      throw new ProblemError(0, 'AWAY', 'the autoscaler does not answer')
    })
    if (answer.status === 401) refused = used
    else if (used === refused) refused = undefined
    if (answer.ok) return answer
    // Of a key that was replaced meanwhile it says nothing about the new one.
    if (answer.status === 401 && used === key()) onRefused()
    throw problemOf(answer.status, await jsonOf(answer).catch(() => undefined))
  }
  const withTime = (signal?: AbortSignal): AbortSignal =>
    signal ? AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) : AbortSignal.timeout(TIMEOUT_MS)

  return {
    async get<T>(path: string, query: Query = {}, signal?: AbortSignal) {
      return (await jsonOf(await call(path, query, { signal: withTime(signal) }))) as T
    },
    async send<T>(method: 'POST' | 'DELETE', path: string, body?: object) {
      const headers = body ? { 'content-type': 'application/json' } : {}
      const init = { method, headers, signal: withTime(), ...(body && { body: JSON.stringify(body) }) }
      return (await jsonOf(await call(path, {}, init))) as T
    },
    stream: (path, headers, signal) => call(path, {}, { headers, signal }),
  }
}
