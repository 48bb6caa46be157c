import { UnavailableError } from '../domain/errors.ts'
import { readText } from '../runtime/read-text.ts'

/** How to reach a server that speaks Prometheus' HTTP API. */
export interface PrometheusOptions {
  /** for example `http://127.0.0.1:9090`, or with the path that stands before `/api/v1` */
  readonly url: string
  /** asked for every call: a token that was replaced in its file is the new one's; undefined = without */
  readonly token: () => string | undefined
  readonly timeoutMs?: number
  /** the most an answer may have */
  readonly maxBytes?: number
}

interface Limits {
  readonly timeoutMs: number
  readonly maxBytes: number
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What a header may carry of a token. Whatever refuses another one quotes it, and that goes to whoever asks what is wrong. */
const SENDABLE = /^[\x21-\x7e]+$/

const headersFor = (token: string | undefined): Readonly<Record<string, string>> => {
  if (token === undefined) return {}
  if (!SENDABLE.test(token)) throw new Error('the token is none that can be sent')
  return { authorization: `Bearer ${token}` }
}

/** 400 and 422 speak of the query; everything else that is not 200 speaks of the server, or of what stands before it. */
const SPEAKS_OF_QUERY: ReadonlySet<number> = new Set([200, 400, 422])

/** Calls of Prometheus' HTTP API, and of whatever speaks it: Thanos, Mimir, VictoriaMetrics. */
export const createPrometheusApi = ({ url, token, ...own }: PrometheusOptions, limits: Limits) => {
  const { timeoutMs, maxBytes } = { ...limits, ...own }
  const base = new URL('api/v1/', url.endsWith('/') ? url : `${url}/`)

  const post = async (path: string, form: Readonly<Record<string, string>>) => {
    const response = await fetch(new URL(path, base), {
      method: 'POST',
      // A redirect would carry the token to a host nobody named.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      headers: headersFor(token()),
      // As a form: a query may be longer than an address, and stays out of access logs.
      body: new URLSearchParams({ ...form, timeout: `${timeoutMs}ms` }),
    })
    return { status: response.status, text: await readText(response, maxBytes) }
  }

  /**
   * @returns the body as `read` understands it
   * @throws UnavailableError when nobody answers, or what answers is no such server
   */
  return async <T>(
    path: 'query' | 'query_range',
    form: Readonly<Record<string, string>>,
    read: (body: unknown) => T | undefined,
  ): Promise<T | { readonly kind: 'none'; readonly why: string }> => {
    const { status, text } = await post(path, form).catch((cause: unknown) => {
      throw new UnavailableError('prometheus', cause)
    })
    if (status === 401 || status === 403) return { kind: 'none', why: `the server refuses us (status ${status})` }
    const said = SPEAKS_OF_QUERY.has(status) ? read(parsed(text)) : undefined
    if (said !== undefined) return said
    throw new UnavailableError('prometheus', new Error(`status ${status}: this is no answer to a query`))
  }
}
