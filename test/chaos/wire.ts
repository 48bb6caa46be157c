import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net'

/** What a proxy does to the connections that pass through it. */
export type Weather =
  | { readonly kind: 'fair' }
  /** every piece of data, either way, comes so much later */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** half open: what is sent is swallowed, and nobody is told */
  | { readonly kind: 'silent' }
  /** new connections are closed at once */
  | { readonly kind: 'refuse' }
  /** a connection breaks once it has carried so many bytes to the server */
  | { readonly kind: 'half'; readonly bytes: number }

/** A wire between a process and a server, in the hands of the test. */
export interface Wire {
  readonly port: number
  set(weather: Weather): void
  /** break what is open now */
  cut(): void
  /** where the server listens from now on; it may come back on another port */
  aim(port: number): void
  close(): Promise<void>
}

const FAIR: Weather = { kind: 'fair' }

/** Both ends of one connection. */
interface Pair {
  readonly near: Socket
  readonly far: Socket
  sentBytes: number
}

const destroy = ({ near, far }: Pair): void => {
  near.destroy()
  far.destroy()
}

/** A loopback TCP proxy. @param targetPort of the server behind it */
export const startWire = async (targetPort: number): Promise<Wire> => {
  let weather: Weather = FAIR
  let target = targetPort
  const pairs = new Set<Pair>()

  const carry = (pair: Pair, from: Socket, to: Socket, chunk: Buffer): void => {
    if (weather.kind === 'silent') return
    if (from === pair.near) pair.sentBytes += chunk.length
    if (weather.kind === 'half' && pair.sentBytes > weather.bytes) destroy(pair)
    else if (weather.kind === 'slow') setTimeout(() => to.write(chunk), weather.delayMs)
    else to.write(chunk)
  }

  const join = (near: Socket): void => {
    if (weather.kind === 'refuse') {
      near.destroy()
      return
    }
    const pair: Pair = { near, far: dial({ port: target, host: '127.0.0.1', noDelay: true }), sentBytes: 0 }
    near.setNoDelay(true)
    pairs.add(pair)
    const gone = () => {
      pairs.delete(pair)
      destroy(pair)
    }
    for (const [from, to] of [
      [near, pair.far],
      [pair.far, near],
    ] as const) {
      from.on('data', (chunk: Buffer) => carry(pair, from, to, chunk))
      from.on('error', gone)
      from.on('close', gone)
    }
  }

  const server: Server = createServer(join)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const pair of pairs) destroy(pair)
  }
  return {
    port: (server.address() as AddressInfo).port,
    set(next) {
      weather = next
      // What was swallowed is missing in the middle of a stream: such a connection is of no use any more.
      if (next.kind === 'fair') cut()
    },
    cut,
    aim(port) {
      target = port
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        cut()
      }),
  }
}
