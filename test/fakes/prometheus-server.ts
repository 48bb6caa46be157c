import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { wholeBody } from './whole-body.ts'

/** What a call is answered with instead: an HTTP status with a text, a redirect, too much, or nothing at all. */
export type PrometheusTrouble =
  | { readonly status: number; readonly text?: string }
  | { readonly redirect: string }
  | { readonly bytes: number }
  | { readonly hang: true }

/** The data of a good answer, as the HTTP API documents it. */
type Data =
  | { readonly resultType: 'scalar' | 'string'; readonly result: readonly [number, string] }
  | {
      readonly resultType: 'vector'
      readonly result: readonly { readonly metric: object; readonly value: readonly [number, string] }[]
    }
  | {
      readonly resultType: 'matrix'
      readonly result: readonly { readonly metric: object; readonly values: readonly (readonly [number, string])[] }[]
    }

const vector = (at: number, ...values: readonly string[]): Data => ({
  resultType: 'vector',
  result: values.map((value, index) => ({ metric: { series: String(index) }, value: [at, value] })),
})
const scalar = (at: number, value: string): Data => ({ resultType: 'scalar', result: [at, value] })

/** Expressions that need no data, as Prometheus answers them: the contract holds it to that. */
const EXPRESSIONS: Readonly<Record<string, (at: number) => Data>> = {
  'vector(7)': (at) => vector(at, '7'),
  'scalar(vector(3.5))': (at) => scalar(at, '3.5'),
  'time()': (at) => scalar(at, String(at)),
  'vector(0) / 0': (at) => vector(at, 'NaN'),
  '1 / 0': (at) => scalar(at, '+Inf'),
  no_such_metric: (at) => vector(at),
  'label_replace(vector(1), "a", "x", "", "") or label_replace(vector(2), "a", "y", "", "")': (at) =>
    vector(at, '1', '2'),
  'no_such_metric[5m]': () => ({ resultType: 'matrix', result: [] }),
  '"a text"': (at) => ({ resultType: 'string', result: [at, 'a text'] }),
}

/** One call as it came. */
export interface PrometheusCall {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly authorization: string | undefined
  readonly query: string | null
  readonly time: string | null
}

/** The part of Prometheus' HTTP API that Muster speaks with, by its documents: `/api/v1/query` over a socket. */
export class PrometheusServer {
  readonly #server: Server
  /** what metrics say, by the whole text of their query */
  readonly values = new Map<string, number | string>()
  readonly calls: PrometheusCall[] = []
  /** answers every call while it is set */
  outage: PrometheusTrouble | undefined
  warnings: readonly string[] = []

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  /** @returns the address */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(String((await wholeBody(request)) ?? ''))
    const { method, url: path } = request
    const [query, time] = [form.get('query'), form.get('time')]
    this.calls.push({ method, path, authorization: request.headers.authorization, query, time })
    if (this.outage) return this.#fail(response, this.outage)
    const send = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const data = path?.endsWith('/query_range')
      ? this.#evaluateSpan(query ?? '', form)
      : this.#evaluate(query ?? '', Number(time))
    if (data) {
      const warnings = this.warnings.length > 0 ? { warnings: this.warnings } : {}
      send(200, { status: 'success', data, ...warnings })
    } else send(400, { status: 'error', errorType: 'bad_data', error: 'invalid parameter "query": parse error' })
  }

  #evaluate(query: string, at: number): Data | undefined {
    const value = this.values.get(query)
    return value === undefined ? EXPRESSIONS[query]?.(at) : vector(at, String(value))
  }

  /** The same at every step; a series has a line of its own. @returns undefined for more than Prometheus gives at once */
  #evaluateSpan(query: string, form: URLSearchParams): Data | undefined {
    const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(form.get(name))) as [
      number,
      number,
      number,
    ]
    const count = Math.floor((end - start) / step) + 1
    if (count > 11_000) return undefined
    const lines = new Map<number, [number, string][]>()
    for (let index = 0; index < count; index += 1) {
      const data = this.#evaluate(query, start + index * step)
      if (!data || data.resultType === 'matrix') return undefined
      const samples = data.resultType === 'vector' ? data.result.map(({ value }) => value) : [data.result]
      for (const [series, sample] of samples.entries()) {
        const line = lines.get(series) ?? []
        lines.set(series, line)
        line.push([sample[0], sample[1]])
      }
    }
    return { resultType: 'matrix', result: [...lines.values()].map((values) => ({ metric: {}, values })) }
  }

  #fail(response: ServerResponse, trouble: PrometheusTrouble): void {
    if ('status' in trouble) response.writeHead(trouble.status).end(trouble.text ?? '')
    else if ('redirect' in trouble) response.writeHead(307, { location: trouble.redirect }).end()
    else if ('bytes' in trouble) response.writeHead(200).end('x'.repeat(trouble.bytes))
  }
}
