import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { FleetDeniedError, UnavailableError } from '../domain/errors.ts'
import { readText } from '../runtime/read-text.ts'

/** How to reach a Nomad server. */
export interface NomadOptions {
  /** for example `http://127.0.0.1:4646` */
  readonly address: string
  /** asked for every call: a token that was replaced in its file is the new one's; undefined = without ACL */
  readonly token: () => string | undefined
  readonly namespace: string
  readonly region?: string
  readonly timeoutMs?: number
  /** the most an answer may have; a list of allocations has some kilobytes for each */
  readonly maxBytes?: number
}

/** An answer as it came. Nomad's errors are plain text. */
export interface NomadAnswer {
  readonly status: number
  readonly text: string
}

const TIMEOUT_MS = 5_000
/** More than any job of ours has; a stranger's server must not fill the memory. */
const MAX_BYTES = 4_000_000

/**
 * Calls of Nomad's HTTP API. Namespace and region go into the query: those in a body are ignored.
 * @source hashicorp/nomad, command/agent/http.go (parseToken, parseNamespace, parseRegion)
 */
export const createNomadApi = (options: NomadOptions) => {
  const { address, token, namespace, region, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = options
  const urlOf = (path: string): URL => {
    const url = new URL(path, address)
    url.searchParams.set('namespace', namespace)
    if (region !== undefined) url.searchParams.set('region', region)
    return url
  }

  return async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<NomadAnswer> => {
    const secret = token()
    let answer: NomadAnswer
    try {
      const response = await fetch(urlOf(path), {
        method,
        // A redirect would carry the token to a host nobody named.
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          ...(secret !== undefined && { 'x-nomad-token': secret }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      answer = { status: response.status, text: await readText(response, maxBytes) }
    } catch (cause) {
      throw new UnavailableError('nomad', cause)
    }
    if (answer.status === 401 || answer.status === 403) throw new FleetDeniedError(answer.text.trim().slice(0, 100))
    return answer
  }
}

/** The body of a good answer, checked. @throws UnavailableError for one that is none, or says something else */
export const parseAnswer = <S extends TSchema>(schema: S, { status, text }: NomadAnswer): Static<S> => {
  if (status !== 200) throw new UnavailableError('nomad', new Error(`status ${status}: ${text.trim().slice(0, 200)}`))
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (cause) {
    throw new UnavailableError('nomad', cause)
  }
  if (Value.Check(schema, body)) return body
  throw new UnavailableError('nomad', new Error('the answer is not what a Nomad server says'))
}
