import { UnavailableError } from '../domain/errors.ts'
import type { MetricAnswer, MetricQuery } from '../ports/metric-query.ts'
import { answerOf } from './answer.ts'

/** How to reach a server that speaks Prometheus' HTTP API. */
export interface PrometheusOptions {
  /** for example `http://127.0.0.1:9090`, or with the path that stands before `/api/v1` */
  readonly url: string
  /** asked for every call: a token that was replaced in its file is the new one's; undefined = without */
  readonly token: () => string | undefined
  readonly timeoutMs?: number
  /** the most an answer may have: one number takes a few hundred */
  readonly maxBytes?: number
}

/** A look at a pool gives everything it reads so long. */
const TIMEOUT_MS = 2_000
/** A query that was meant for a graph must not fill the memory. */
const MAX_BYTES = 1_000_000

const readText = async (response: Response, maxBytes: number): Promise<string> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Error('the answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** 400 and 422 speak of the query; everything else that is not 200 speaks of the server, or of what stands before it. */
const SPEAKS_OF_QUERY: ReadonlySet<number> = new Set([200, 400, 422])

/** Queries as Prometheus answers them, and whatever speaks its API: Thanos, Mimir, VictoriaMetrics. */
export const createMetricQuery = (options: PrometheusOptions): MetricQuery => {
  const { url, token, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = options
  const address = new URL('api/v1/query', url.endsWith('/') ? url : `${url}/`)

  const ask = async (query: string, at: number): Promise<{ readonly status: number; readonly text: string }> => {
    const secret = token()
    const response = await fetch(address, {
      method: 'POST',
      // A redirect would carry the token to a host nobody named.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      headers: secret === undefined ? {} : { authorization: `Bearer ${secret}` },
      // As a form: a query may be longer than an address, and stays out of access logs.
      body: new URLSearchParams({ query, time: String(at / 1_000), timeout: `${timeoutMs}ms` }),
    })
    return { status: response.status, text: await readText(response, maxBytes) }
  }

  return {
    async read(query, at): Promise<MetricAnswer> {
      const { status, text } = await ask(query, at).catch((cause: unknown) => {
        throw new UnavailableError('prometheus', cause)
      })
      if (status === 401 || status === 403) return { kind: 'none', why: `the server refuses us (status ${status})` }
      const said = SPEAKS_OF_QUERY.has(status) ? answerOf(parsed(text)) : undefined
      if (said) return said
      throw new UnavailableError('prometheus', new Error(`status ${status}: this is no answer to a query`))
    },
  }
}
