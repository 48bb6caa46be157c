import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** @source RFC 6455 section 1.3 */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const [TEXT, CLOSE, PING, PONG] = [1, 8, 9, 10] as const

const frame = (opcode: number, payload: Buffer): Buffer => {
  const length =
    payload.length < 126
      ? Buffer.from([payload.length])
      : Buffer.from([126, Math.floor(payload.length / 256), payload.length % 256])
  return Buffer.concat([Buffer.from([0x80 + opcode]), length, payload])
}

interface Frame {
  readonly opcode: number
  readonly payload: Buffer
  readonly end: number
}

const readFrame = (bytes: Buffer): Frame | undefined => {
  if (bytes.length < 2) return undefined
  const short = bytes.readUInt8(1) % 128
  const start = short === 126 ? 4 : 2
  if (bytes.length < start + 4) return undefined
  const length = short === 126 ? bytes.readUInt16BE(2) : short
  const end = start + 4 + length
  if (bytes.length < end) return undefined
  const mask = bytes.subarray(start, start + 4)
  const payload = bytes.subarray(start + 4, end).map((byte, index) => byte ^ (mask[index % 4] ?? 0))
  return { opcode: bytes.readUInt8(0) % 16, payload: Buffer.from(payload), end }
}

/** The server's end of a WebSocket: texts of up to 64 KiB, pings, and a polite end. */
export interface WebSocketEnd {
  send(text: string): void
  /** without a word */
  destroy(): void
}

/** Accept an upgrade. */
export const acceptWebSocket = (
  request: IncomingMessage,
  socket: Duplex,
  on: { readonly text: (text: string) => void; readonly close: () => void },
): WebSocketEnd => {
  const key = request.headers['sec-websocket-key'] ?? ''
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64')
  const head = ['HTTP/1.1 101 Switching Protocols', 'upgrade: websocket', 'connection: upgrade']
  socket.write([...head, `sec-websocket-accept: ${accept}`, '', ''].join('\r\n'))
  let bytes = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    for (let read = readFrame(bytes); read; read = readFrame(bytes)) {
      bytes = bytes.subarray(read.end)
      if (read.opcode === TEXT) on.text(read.payload.toString('utf8'))
      if (read.opcode === PING) socket.write(frame(PONG, read.payload))
      if (read.opcode === CLOSE) socket.end(frame(CLOSE, read.payload))
    }
  })
  socket.on('close', on.close)
  socket.on('error', () => {})
  return { send: (text) => void socket.write(frame(TEXT, Buffer.from(text))), destroy: () => void socket.destroy() }
}
