import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { acceptWebSocket, type WebSocketEnd } from './web-socket.ts'
import { wholeBody } from './whole-body.ts'

/** What a call is answered with instead: rate limited, an HTTP status, Slack's own error, or nothing at all. */
export type SlackTrouble =
  | { readonly retryAfter: number }
  | { readonly status: number }
  | { readonly error: string }
  | { readonly hang: true }

export interface SlackCallSeen {
  readonly method: string
  readonly token: string | undefined
  readonly args: Readonly<Record<string, string>>
}

type Block = { readonly type: string; readonly text?: { readonly text: string } }

const isTooLong = ({ type, text }: Block): boolean => (text?.text.length ?? 0) > (type === 'header' ? 150 : 3000)

const blocksProblem = (args: SlackCallSeen['args']): string | undefined => {
  const blocks = JSON.parse(args.blocks ?? '[]') as Block[]
  if (blocks.length > 50 || blocks.some(isTooLong)) return 'invalid_blocks'
  return args.text ? undefined : 'no_text'
}

/**
 * The part of Slack that Muster speaks with, by its documents: `chat.postMessage`, `chat.update`, response URLs, and Socket
 * Mode. Troubles are told to it call by call.
 */
export class SlackServer {
  readonly #server: Server
  readonly #sockets = new Set<WebSocketEnd>()
  #ts = 0
  /** what the next calls are answered with instead, oldest first */
  readonly troubles: SlackTrouble[] = []
  /** says hello to whoever connects */
  greets = true
  /** answers every call while it is set */
  outage: SlackTrouble | undefined
  readonly calls: SlackCallSeen[] = []
  /** messages of the channel as they stand, by `ts` */
  readonly messages = new Map<string, SlackCallSeen['args']>()
  /** what came over response URLs */
  readonly answers: { readonly path: string; readonly body: Readonly<Record<string, unknown>> }[] = []
  /** what clients sent over their sockets */
  readonly acks: { readonly envelope_id: string; readonly payload?: Readonly<Record<string, unknown>> }[] = []
  readonly token = 'xoxb-test-token'
  readonly appToken = 'xapp-1-test-token'

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
    this.#server.on('upgrade', (request, socket) => {
      const end: WebSocketEnd = acceptWebSocket(request, socket, {
        text: (text) => void this.acks.push(JSON.parse(text)),
        close: () => this.#sockets.delete(end),
      })
      this.#sockets.add(end)
      if (this.greets) end.send(JSON.stringify({ type: 'hello', num_connections: this.#sockets.size }))
    })
  }

  /** @returns the address of the API */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `${this.origin}/api/`
  }

  async stop(): Promise<void> {
    this.dropSockets()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get socketCount(): number {
    return this.#sockets.size
  }

  /** To one of the connections, as Slack does. */
  deliver(envelope: Readonly<Record<string, unknown>>): void {
    const [socket] = this.#sockets
    socket?.send(JSON.stringify(envelope))
  }

  dropSockets(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await wholeBody(request)
    if (!sent) return
    const text = sent.toString()
    const path = request.url ?? ''
    if (!path.startsWith('/api/')) {
      this.answers.push({ path, body: JSON.parse(text) as Record<string, unknown> })
      return void response.writeHead(200).end('ok')
    }
    const token = request.headers.authorization?.replace('Bearer ', '')
    const seen = { method: path.slice('/api/'.length), token, args: Object.fromEntries(new URLSearchParams(text)) }
    this.calls.push(seen)
    const trouble = this.outage ?? this.troubles.shift()
    if (trouble && 'hang' in trouble) return
    if (trouble && 'retryAfter' in trouble)
      return void response.writeHead(429, { 'retry-after': String(trouble.retryAfter) }).end()
    if (trouble && 'status' in trouble) return void response.writeHead(trouble.status).end('a page of HTML')
    const body = trouble ? { ok: false, error: trouble.error } : this.#do(seen)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

  #do({ method, token, args }: SlackCallSeen): object {
    if (method === 'apps.connections.open')
      return token === this.appToken
        ? { ok: true, url: `${this.origin.replace('http', 'ws')}/link` }
        : { ok: false, error: 'invalid_auth' }
    if (token !== this.token) return { ok: false, error: 'invalid_auth' }
    const problem = blocksProblem(args)
    if (problem) return { ok: false, error: problem }
    if (method === 'chat.postMessage') {
      this.#ts += 1
      const ts = `1700000000.${String(this.#ts).padStart(6, '0')}`
      this.messages.set(ts, args)
      return { ok: true, channel: args.channel, ts }
    }
    const { ts = '' } = args
    if (method !== 'chat.update' || !this.messages.has(ts)) return { ok: false, error: 'message_not_found' }
    this.messages.set(ts, args)
    return { ok: true, channel: args.channel, ts }
  }
}
