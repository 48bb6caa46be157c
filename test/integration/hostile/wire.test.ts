import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { PROBLEM_TYPE } from '../../../infra/http/problem.ts'
import { type ApiProcess, startApiProcess } from './api-process.ts'
import { openRaw, readAll, sendRaw } from './raw-http.ts'

const REQUEST_TIMEOUT_MS = 2_000
const MAX_CONNECTIONS = 2_500
const IDLE_CONNECTIONS = 2_200
/** An idle connection has no buffers to speak of; a leak of them would cost more than this. */
const MAX_BYTES_PER_CONNECTION = 100_000
const WAIT = { timeout: 30_000, interval: 50 }

let api: ApiProcess
beforeAll(async () => {
  api = await startApiProcess({
    API_REQUEST_TIMEOUT_MS: String(REQUEST_TIMEOUT_MS),
    API_MAX_CONNECTIONS: String(MAX_CONNECTIONS),
  })
})
afterAll(() => api?.stop())

const lines = (...all: readonly string[]): string => `${all.join('\r\n')}\r\n\r\n`
const auth = () => `authorization: Bearer ${api.key}`
const CLOSE = 'connection: close'
const NO_KEY = 'x-no: key'
const CANARY = 'CANARY-of-an-attacker'

describe('requests that two servers would read in two ways are refused', () => {
  const POST = 'POST /v1/ocr HTTP/1.1'
  const GET = 'GET /livez HTTP/1.1'
  it.each<[string, string]>([
    ['a length and chunks', `${lines(POST, 'host: a', 'content-length: 4', 'transfer-encoding: chunked')}0\r\n\r\n`],
    ['two lengths', `${lines(POST, 'host: a', 'content-length: 4', 'content-length: 5')}abcde`],
    ['a length that is none', `${lines(POST, 'host: a', 'content-length: +4')}abcd`],
    ['a length in a list', `${lines(POST, 'host: a', 'content-length: 4, 4')}abcd`],
    [
      'chunks that are not the last coding',
      `${lines(POST, 'host: a', 'transfer-encoding: chunked, identity')}0\r\n\r\n`,
    ],
    [
      'a chunk whose size is none',
      `${lines(POST, 'host: a', NO_KEY, 'transfer-encoding: chunked')}zz\r\nab\r\n0\r\n\r\n`,
    ],
    ['a blank before the colon', lines(GET, 'host: a', 'content-length : 4')],
    ['a header folded over two lines', lines(GET, 'host: a', 'x-a: 1\r\n smuggled: 1')],
    ['line feeds alone', 'GET /livez HTTP/1.1\nhost: a\nx: y\n\n'],
    ['a header without a name', lines(GET, 'host: a', ': nameless')],
    ['a NUL in a header', lines(GET, 'host: a', 'x: a\0b')],
    ['a blank in the path', lines('GET /livez x HTTP/1.1', 'host: a')],
    ['a version nobody speaks', lines('GET /livez HTTP/9.9', 'host: a')],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a greeting of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('%s', async (_what, request) => {
    const answer = await sendRaw(api.port, request)
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toBe(PROBLEM_TYPE)
    expect(answer.headers.get('connection')).toBe('close')
    expect(answer.text.match(/^HTTP\/1\.1 /gm)).toHaveLength(1)
    await api.expectWell()
  })

  it('a second request in the body of one that was refused is not served', async () => {
    const smuggled = lines('GET /v1/models HTTP/1.1', 'host: a', auth())
    const head = lines(POST, 'host: a', 'content-length: 3', 'transfer-encoding: chunked')
    const answer = await sendRaw(api.port, `${head}0\r\n\r\n${smuggled}`)
    expect(answer.text).not.toContain('"models"')
  })
})

describe('odd requests are answered like others', () => {
  it.each<[string, string, number]>([
    ['HTTP/1.0', lines('GET /livez HTTP/1.0'), 200],
    ['an absolute address', lines('GET http://elsewhere.example/livez HTTP/1.1', 'host: a', CLOSE), 200],
    ['no host', lines('GET /livez HTTP/1.1', CLOSE), 400],
    ['dots', lines('GET /v1/jobs/../../etc/passwd HTTP/1.1', 'host: a', CLOSE), 404],
    ['dots in code', lines('GET /v1/jobs/%2e%2e%2f%2e%2e%2fetc HTTP/1.1', 'host: a', NO_KEY, CLOSE), 401],
    ['a NUL in code', lines('GET /docs/%00 HTTP/1.1', 'host: a', CLOSE), 404],
    ['a file of the documentation’s folder', lines('GET /docs/../../../package.json HTTP/1.1', 'host: a', CLOSE), 404],
    ['a path of 8 kB', lines(`GET /v1/jobs/${'a'.repeat(8_000)} HTTP/1.1`, 'host: a', CLOSE), 404],
    ['metrics', lines('GET /metrics HTTP/1.1', 'host: a', CLOSE), 404],
    ['a method of WebDAV', lines('PROPFIND /v1/ocr HTTP/1.1', 'host: a', CLOSE), 405],
    ['a trace', lines('TRACE /v1/ocr HTTP/1.1', 'host: a', `x-secret: ${CANARY}`, CLOSE), 405],
    ['another protocol', lines('GET /livez HTTP/1.1', 'host: a', 'connection: upgrade', 'upgrade: websocket'), 200],
    ['headers of 40 kB', lines('GET /livez HTTP/1.1', 'host: a', `x: ${'a'.repeat(40_000)}`), 431],
    [
      'five thousand headers',
      lines('GET /livez HTTP/1.1', 'host: a', ...Array.from({ length: 5_000 }, () => 'a: b')),
      431,
    ],
  ])('%s', async (_what, request, status) => {
    const socket = await openRaw(api.port, request)
    socket.end()
    const text = await readAll(socket)
    expect(text.slice(0, 13)).toBe(`HTTP/1.1 ${status} `)
    expect(text).not.toContain(CANARY)
    expect(text).not.toMatch(/root:|"name": "muster"/)
  })
})

describe('what a caller sends stays out of headers and logs', () => {
  it.each([
    ['x-request-id', `a\u001b[31m${CANARY}`],
    ['x-request-id', `{"a":"${CANARY}"}`],
    ['x-request-id', `${CANARY}`.repeat(20)],
    ['user-agent', `${CANARY} \u001b]0;title\u0007`],
    ['x-forwarded-for', CANARY],
    ['idempotency-key', `${CANARY} with blanks`],
    ['prefer', `wait=0, ${CANARY}="\t"`],
    ['traceparent', `00-${CANARY}`],
    ['authorization', `Bearer muster_live_${CANARY}`],
    ['referer', CANARY],
    ['cookie', CANARY],
  ])('%s: %j', async (name, value) => {
    const head = lines(
      `POST /v1/ocr?name=${CANARY} HTTP/1.1`,
      'host: a',
      CLOSE,
      `${name}: ${value}`,
      'content-length: 0',
    )
    const answer = await sendRaw(api.port, head)
    expect(answer.text).not.toContain(CANARY)
    // What nobody could read is no request, and has no line of its own.
    const id = answer.text.includes('MALFORMED_REQUEST') ? '' : (answer.headers.get('x-request-id') ?? 'none')
    await vi.waitFor(() => expect(api.log().join('\n')).toContain(id), WAIT)
    for (const line of api.log()) expect(() => JSON.parse(line)).not.toThrow()
    expect(api.log().join('\n')).not.toContain(CANARY)
    expect(api.log().join('')).not.toMatch(/\p{Cc}/u)
  })
})

describe('slow and idle callers', () => {
  it('who never ends his headers is refused', async () => {
    const socket = await openRaw(api.port, 'GET /livez HTTP/1.1\r\nhost: a\r\n')
    const drip = setInterval(() => socket.write('x: y\r\n'), 200)
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 408 /)
    clearInterval(drip)
  })

  it('who never sends a byte is let go', async () => {
    const socket = await openRaw(api.port)
    expect(await readAll(socket)).toMatch(/^(HTTP\/1\.1 408 |$)/)
  })

  it('who sends his body byte by byte is refused', async () => {
    const head = lines(
      'POST /v1/ocr HTTP/1.1',
      'host: a',
      auth(),
      'content-type: application/json',
      'content-length: 90',
    )
    const socket = await openRaw(api.port, head)
    const drip = setInterval(() => socket.write(' '), 200)
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 408 /)
    clearInterval(drip)
  })

  it('who was refused and does not hang up is cut off', async () => {
    const socket = await openRaw(api.port, `${CANARY}\r\n\r\n`)
    socket.pause()
    const drip = setInterval(() => socket.write('more'), 200)
    await vi.waitFor(() => expect(socket.destroyed || socket.errored).toBeTruthy(), WAIT)
    clearInterval(drip)
  })

  it('who reads nothing does not make the server remember his answers', async () => {
    const before = api.rssBytes()
    const socket = await openRaw(api.port)
    socket.pause()
    const batch = lines('GET /openapi.json HTTP/1.1', 'host: a').repeat(50)
    for (let sent = 0; sent < 100; sent += 1) {
      socket.write(batch)
      await pause(5)
    }
    await api.expectWell()
    expect(api.rssBytes() - before).toBeLessThan(300_000_000)
    socket.destroy()
  })

  it('thousands of them cost little, are bounded, and keep nobody else out', async () => {
    const before = api.rssBytes()
    const request = lines('GET /livez HTTP/1.1', 'host: a')
    const sockets: Socket[] = []
    for (let count = 0; count < IDLE_CONNECTIONS; count += 100)
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => openRaw(api.port, request)))))
    for (const socket of sockets) socket.resume()
    await api.expectWell()
    expect(api.rssBytes() - before).toBeLessThan(IDLE_CONNECTIONS * MAX_BYTES_PER_CONNECTION)
    const more = await Promise.all(
      Array.from({ length: MAX_CONNECTIONS - IDLE_CONNECTIONS + 50 }, () => openRaw(api.port)),
    )
    await vi.waitFor(() => expect(more.some((socket) => socket.destroyed || socket.readableEnded)).toBe(true), WAIT)
    for (const socket of [...sockets, ...more]) socket.destroy()
    await vi.waitFor(() => api.expectWell(), WAIT)
  })
})
