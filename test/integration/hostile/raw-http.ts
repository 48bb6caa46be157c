import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** An answer as it came over the wire, so that nothing a client library tidies up is hidden. */
export interface RawAnswer {
  /** NaN when the other side closed without a word */
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  readonly text: string
}

/** Connect, and write what is given as it is. */
export const openRaw = async (port: number, ...pieces: readonly (string | Uint8Array)[]): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  // The other side may close while we still write: that is an answer too.
  socket.on('error', () => {})
  for (const piece of pieces) socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)
  return socket
}

/** Everything until the other side closes. */
export const readAll = async (socket: Socket): Promise<string> => {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  // Not `once`, which takes a reset connection for a failure of ours.
  if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve))
  return Buffer.concat(chunks).toString('latin1')
}

const parse = (text: string): RawAnswer => {
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1] ?? Number.NaN),
    headers: new Map(headers),
    body: text.slice(end + 4),
    text,
  }
}

/** Send bytes and read until the end; the request should ask for `connection: close`. */
export const sendRaw = async (port: number, ...pieces: readonly (string | Uint8Array)[]): Promise<RawAnswer> =>
  parse(await readAll(await openRaw(port, ...pieces)))
