import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, startApi } from '../../../fixtures/api.ts'
import { form, type Part, PERSON } from '../../../fixtures/forms.ts'

const CANARY = 'CANARY-of-a-person'
const BASE64 = PERSON.toString('base64')
const MAX_BYTES = 200_000
const big = Buffer.alloc(MAX_BYTES + 1, 0xff)

let api: Api
let port = 0
beforeAll(async () => {
  api = await startApi(undefined, { maxPictureBytes: MAX_BYTES, requestTimeoutMs: 1_000, closeMs: 100 })
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  port = (api.app.server.address() as AddressInfo).port
})
afterAll(() => api.app.drain())

const send = async (task: string, payload: object | string | Buffer, headers: Record<string, string> = {}) => {
  const answer = await api.app.inject({
    method: 'POST',
    url: `/v1/${task}`,
    headers: { ...api.auth, ...headers },
    payload,
  })
  expect(answer.headers['content-type']).toContain('application/problem+json')
  expect(answer.body).not.toContain(CANARY)
  const { status, code, request_id, errors } = answer.json()
  expect([status, request_id]).toEqual([answer.statusCode, answer.headers['x-request-id']])
  return { status, code, pointers: errors?.map(({ pointer }: { pointer: string }) => pointer) }
}
const sendForm = (task: string, ...parts: readonly Part[]) => {
  const { payload, headers } = form(...parts)
  return send(task, payload, headers)
}
const json = { 'content-type': 'application/json' }
const file = (name: string, bytes: Uint8Array = PERSON): Part => ({ name, bytes })
const invalid = (...pointers: string[]) => ({ status: 400, code: 'INVALID_REQUEST', pointers })

describe('a JSON body', () => {
  it.each([
    ['no picture', {}, invalid('/image')],
    ['neither way to send it', { image: {} }, invalid('/image')],
    [
      'both ways to send it',
      { image: { base64: BASE64, uploadId: '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e' } },
      invalid('/image'),
    ],
    ['a number for a picture', { image: 7 }, invalid('/image')],
    ['null for a picture', { image: null }, invalid('/image')],
    ['a list for a body', [1], invalid('')],
    ['an address to fetch', { image: { url: 'http://169.254.169.254/' } }, invalid('/image/url')],
    ['an unknown member', { image: { base64: BASE64 }, threshold: 0 }, invalid('/threshold')],
    ['a member nobody may set', { image: { base64: BASE64 }, tenant: CANARY }, invalid('/tenant')],
    ['a person for a member', { image: { base64: BASE64 }, [`${CANARY} 7`]: 1 }, invalid('')],
    ['an unknown option', { image: { base64: BASE64 }, documentType: CANARY }, invalid('/documentType')],
    ['an upload by another name', { image: { uploadId: `../${CANARY}` } }, invalid('/image/uploadId')],
    ['a data address', { image: { base64: `data:image/jpeg;base64,${BASE64}` } }, invalid('/image/base64')],
    ['base64 in lines', { image: { base64: `${BASE64.slice(0, 76)}\n${BASE64.slice(76)}` } }, invalid('/image/base64')],
    ['an empty picture', { image: { base64: '' } }, invalid('/image/base64')],
  ])('with %s is refused, with the place', async (_what, body, expected) => {
    expect(await send('ocr', JSON.stringify(body), json)).toEqual(expected)
  })

  it.each([
    ['is cut off', `{"image": {"base64": "${CANARY}`],
    ['is empty', ''],
    ['reaches for the prototype', `{"__proto__": {"tenant": "${CANARY}"}, "image": {}}`],
  ])('that %s is refused', async (_what, body) => {
    expect(await send('ocr', body, json)).toMatchObject({ status: 400, code: 'MALFORMED_BODY' })
  })

  it.each([
    ['text', Buffer.from(CANARY), 415, 'PICTURE_TYPE_UNSUPPORTED'],
    ['half a picture', PERSON.subarray(0, PERSON.length / 2), 422, 'PICTURE_UNREADABLE'],
    [
      'SVG',
      Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg"><!--${CANARY}--></svg>`),
      415,
      'PICTURE_TYPE_UNSUPPORTED',
    ],
    ['more bytes than allowed', big, 413, 'PICTURE_TOO_LARGE'],
  ])('with %s for a picture is refused', async (_what, bytes, status, code) => {
    const answer = await send('ocr', { image: { base64: bytes.toString('base64') } })
    expect(answer).toEqual({ status, code, pointers: ['/image'] })
  })
})

describe('a form', () => {
  it.each([
    ['without its picture', [], invalid('/image')],
    ['with its picture as text', [{ name: 'image', value: CANARY }], invalid('/image')],
    ['with its picture twice', [file('image'), file('image')], invalid('')],
    [
      'with an option twice',
      [{ name: 'documentType', value: 'visa' }, { name: 'documentType', value: 'visa' }, file('image')],
      invalid('/documentType'),
    ],
    ['with a file nobody asked for', [file('image2')], invalid('')],
    ['with a field nobody asked for', [{ name: CANARY, value: '1' }, file('image')], invalid('')],
    ['with an unknown option', [{ name: 'documentType', value: CANARY }, file('image')], invalid('/documentType')],
    ['with an endless option', [{ name: 'documentType', value: CANARY.repeat(200) }, file('image')], invalid('')],
    ['with a file for an option', [file('documentType'), file('image')], invalid('')],
  ] as const)('%s is refused', async (_what, parts, expected) => {
    expect(await sendForm('ocr', ...parts)).toEqual(expected)
  })

  it('with a file over the limit is refused', async () => {
    const answer = await sendForm('ocr', file('image', big))
    expect(answer).toEqual({ status: 413, code: 'PICTURE_TOO_LARGE', pointers: ['/image'] })
  })

  it('with a type that its bytes contradict is refused', async () => {
    const answer = await sendForm('ocr', { name: 'image', bytes: PERSON, type: 'image/png' })
    expect(answer).toEqual({ status: 415, code: 'PICTURE_TYPE_UNSUPPORTED', pointers: ['/image'] })
  })

  it.each([
    ['is cut off', form(file('image')).payload.subarray(0, 2_000)],
    ['is no form', Buffer.from(CANARY)],
    ['has a name of the prototype', form(file('__proto__')).payload],
  ])('that %s is refused', async (_what, payload) => {
    expect(await send('ocr', payload, form().headers)).toMatchObject({ status: 400, code: 'MALFORMED_BODY' })
  })

  it('without a boundary is refused', async () => {
    const headers = { 'content-type': 'multipart/form-data' }
    expect(await send('ocr', form(file('image')).payload, headers)).toMatchObject({
      status: 400,
      code: 'MALFORMED_BODY',
    })
  })
})

it.each(['text/plain', 'application/x-www-form-urlencoded', 'image/jpeg', 'application/xml', 'nonsense'])(
  'a body of type %s is refused',
  async (type) => {
    const answer = await send('ocr', Buffer.from('a=b'), { 'content-type': type })
    expect(answer).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' })
  },
)

it('a request without a body is refused', async () => {
  const answer = await api.app.inject({ method: 'POST', url: '/v1/ocr', headers: api.auth })
  expect([answer.statusCode, answer.json().code]).toEqual([400, 'INVALID_REQUEST'])
})

describe('on the wire', () => {
  const open = async (...lines: string[]): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write([...lines, '', ''].join('\r\n'))
    return socket
  }
  const everything = async (socket: Socket): Promise<string> => {
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }
  const auth = () => `authorization: ${api.auth.authorization}`

  it.each(['application/json', 'multipart/form-data; boundary=b'])(
    'a body of %s announced as too large is refused before it is sent',
    async (type) => {
      const length = `content-length: ${20 * MAX_BYTES}`
      const socket = await open('POST /v1/ocr HTTP/1.1', 'host: a', auth(), `content-type: ${type}`, length)
      const answer = await everything(socket)
      expect(answer).toMatch(/^HTTP\/1\.1 413 /)
      expect(answer).toContain('"code":"BODY_TOO_LARGE"')
      expect(answer.toLowerCase()).toContain('connection: close')
    },
  )

  it('a body that turns out too large on its way is refused before its end', async () => {
    const chunk = `10000\r\n${'A'.repeat(0x10000)}\r\n`
    const chunked = ['content-type: application/json', 'transfer-encoding: chunked']
    const socket = await open('POST /v1/ocr HTTP/1.1', 'host: a', auth(), ...chunked)
    for (let sent = 0; sent < 6; sent += 1) socket.write(chunk)
    expect(await everything(socket)).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('a form that never ends is refused when its time is over', async () => {
    const type = 'content-type: multipart/form-data; boundary=b'
    const socket = await open('POST /v1/ocr HTTP/1.1', 'host: a', auth(), type, 'transfer-encoding: chunked')
    socket.write('5\r\n--b\r\n\r\n')
    expect(await everything(socket)).toMatch(/^HTTP\/1\.1 408 .*"code":"REQUEST_TIMEOUT"/s)
  })

  it('headers without end are refused', async () => {
    const socket = await open('GET /livez HTTP/1.1', 'host: a', `x-long: ${'a'.repeat(40_000)}`)
    const answer = await everything(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 431 /)
    expect(answer).toContain('"code":"HEADERS_TOO_LARGE"')
    expect(answer).toMatch(/x-request-id: [0-9a-f-]{36}/)
  })

  it('what is no HTTP is refused', async () => {
    const answer = await everything(await open(`${CANARY} / nonsense`))
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).not.toContain(CANARY)
  })

  it('the connection still serves after a form was refused', async () => {
    const { payload, headers } = form(file('wrong'), file('image'))
    const head = ['POST /v1/ocr HTTP/1.1', 'host: a', auth(), `content-type: ${headers['content-type']}`]
    const socket = await open(...head, `content-length: ${payload.length}`)
    socket.write(payload)
    socket.write('GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
    const answer = await everything(socket)
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 200'])
  })
})

it('none of it made a job or left a picture', () => {
  expect([api.deps.jobs.all(), api.deps.blobs.keys(), api.deps.completions.waiterCount()]).toEqual([[], [], 0])
})
