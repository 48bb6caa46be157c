import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the proxy does to a caller; `-once` heals after the first request it met. */
export type Fault =
  | 'none'
  | 'silent'
  | 'busy'
  | 'busy-once'
  | 'hang-up'
  | 'hang-up-once'
  | 'cut'
  | 'cut-once'
  | 'cut-chunked'
  | 'stall'

/** An HTTP server in front of a store's own, well-behaved until told otherwise. */
export interface BlobStoreProxy {
  readonly endpoint: string
  misbehave(fault: Fault): void
  close(): Promise<void>
}

/** Pass the first half of the body on, then do what the fault says. */
const passHalf = (answer: IncomingMessage, response: ServerResponse, fault: Fault): void => {
  const parts: Buffer[] = []
  answer.on('data', (part: Buffer) => parts.push(part))
  answer.on('end', () => {
    const { 'content-length': length, ...headers } = answer.headers
    const body = Buffer.concat(parts)
    const kept = fault === 'cut-chunked' || length === undefined ? headers : { ...headers, 'content-length': length }
    response.writeHead(answer.statusCode ?? 500, kept)
    response.write(body.subarray(0, body.length / 2), () => {
      if (fault !== 'stall') response.destroy()
    })
  })
}

/**
 * @param endpoint the server behind it, `http://host:port`; requests go there with the Host header they came with,
 *   because it is part of what callers sign
 */
export const startBlobStoreProxy = async (endpoint: string): Promise<BlobStoreProxy> => {
  let fault: Fault = 'none'
  const target = new URL(endpoint)

  const server = createServer((incoming, response) => {
    const now = fault
    if (now.endsWith('-once')) fault = 'none'
    if (now === 'silent') return
    if (now.startsWith('hang-up')) return void incoming.socket.destroy()
    if (now.startsWith('busy')) return void response.writeHead(503, { 'content-length': 0 }).end()
    const { method, url, headers } = incoming
    const onward = request({ host: target.hostname, port: target.port, method, path: url, headers }, (answer) => {
      if (now === 'stall' || now.startsWith('cut')) return passHalf(answer, response, now)
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    endpoint: `http://127.0.0.1:${port}`,
    misbehave(next) {
      fault = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
