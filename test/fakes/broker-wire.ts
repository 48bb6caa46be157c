import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net'

/** What goes wrong between a process and its broker, in terms of the frames that pass. */
export type Trouble =
  | 'none'
  /** heartbeats and the connection's own frames get through, what channels are answered does not */
  | 'mute channels'
  /** the connection breaks when the process wants to close it, or one of its channels */
  | 'break at close'

/** A wire to a broker that understands its frames. */
export interface BrokerWire {
  readonly url: string
  set(trouble: Trouble): void
  /** break what is open now */
  cut(): void
  close(): Promise<void>
}

const PROTOCOL_HEADER_BYTES = 8
/** type, channel and size before the payload, one byte after it. @source AMQP 0-9-1, section 4.2.3 */
const [HEAD_BYTES, END_BYTES] = [7, 1]
const METHOD = 1
/** `connection.close`, `channel.close`: class and method */
const CLOSES = [0x000a_0032, 0x0014_0028]

interface Frame {
  readonly bytes: Buffer
  readonly channel: number
  /** class and method in one number; undefined where it is no method */
  readonly method: number | undefined
}

/** Cuts a stream into frames. @param skipBytes at its beginning, handed over as they are */
const createCutter = (skipBytes: number, onFrame: (frame: Frame) => void) => {
  let rest = Buffer.alloc(0)
  let skip = skipBytes
  const next = (): Frame | undefined => {
    if (skip > 0) {
      if (rest.length < skip) return undefined
      const bytes = rest.subarray(0, skip)
      rest = rest.subarray(skip)
      skip = 0
      return { bytes, channel: 0, method: undefined }
    }
    if (rest.length < HEAD_BYTES) return undefined
    const size = HEAD_BYTES + rest.readUInt32BE(3) + END_BYTES
    if (rest.length < size) return undefined
    const bytes = rest.subarray(0, size)
    rest = rest.subarray(size)
    const method = bytes[0] === METHOD ? bytes.readUInt32BE(HEAD_BYTES) : undefined
    return { bytes, channel: bytes.readUInt16BE(1), method }
  }
  return (chunk: Buffer): void => {
    rest = Buffer.concat([rest, chunk])
    for (let frame = next(); frame; frame = next()) onFrame(frame)
  }
}

/** @param brokerUrl of the broker behind it */
export const startBrokerWire = async (brokerUrl: string): Promise<BrokerWire> => {
  const target = new URL(brokerUrl)
  const open = new Set<Socket>()
  let trouble: Trouble = 'none'

  const join = (near: Socket): void => {
    const far = dial({ host: target.hostname, port: Number(target.port), noDelay: true })
    const end = () => {
      for (const socket of [near, far]) {
        open.delete(socket)
        socket.destroy()
      }
    }
    const outgoing = createCutter(PROTOCOL_HEADER_BYTES, ({ bytes, method }) => {
      if (trouble === 'break at close' && method !== undefined && CLOSES.includes(method)) end()
      else far.write(bytes)
    })
    const incoming = createCutter(0, ({ bytes, channel }) => {
      if (trouble !== 'mute channels' || channel === 0) near.write(bytes)
    })
    near.setNoDelay(true).on('data', outgoing)
    far.on('data', incoming)
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', end).on('close', end)
    }
  }

  const server = createServer(join)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(brokerUrl)
  url.port = String((server.address() as AddressInfo).port)
  const cut = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    url: url.href,
    set(next) {
      trouble = next
    },
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        cut()
      }),
  }
}
