import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../infra/local/process.ts'
import { createPictureCodec } from '../../infra/pictures/codec.ts'
import { CANARY, everywhere, type Hit, type Markers, search } from './canary.ts'
import { FaultStack } from './fault-stack.ts'

const PATIENCE_MS = 60_000
const PATIENT = { prefer: 'wait=60' }
/** Bytes from the middle of a picture: enough to be its own, and found in every part that is stored. */
const SLICE = 48
/** Where results are kept, until they are erased. */
const RESULT_PLACES = /^(table job\.result|redis muster:job:)/

interface JobAnswer {
  readonly id: string
  readonly status: string
  readonly result: unknown
}

let stack: FaultStack
let picture: Buffer
let markers: Markers
const jobs = { subject: '', named: '', unkept: '', uploaded: '', dead: '' }

const middle = (bytes: Uint8Array): Buffer => {
  const at = Math.floor(bytes.length / 2)
  return Buffer.from(bytes.subarray(at, at + SLICE))
}

const call = (path: string, init: RequestInit = {}) =>
  fetch(`${stack.url}${path}`, { ...init, headers: { authorization: `Bearer ${stack.key}`, ...init.headers } })

const check = async (fields: Record<string, string>, headers: Record<string, string> = {}): Promise<JobAnswer> => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('image', new Blob([Uint8Array.from(picture)], { type: 'image/jpeg' }), `${CANARY.fileName}.jpg`)
  const answer = await call('/v1/ocr', { method: 'POST', body: form, headers: { ...PATIENT, ...headers } })
  expect([200, 202]).toContain(answer.status)
  return (await answer.json()) as JobAnswer
}

/** The picture on the way that by-passes the check's own request. */
const checkUploaded = async (): Promise<JobAnswer> => {
  const json = { 'content-type': 'application/json' }
  const body = JSON.stringify({ contentType: 'image/jpeg' })
  const permission = await call('/v1/uploads', { method: 'POST', headers: json, body })
  const { uploadId, url, headers } = (await permission.json()) as {
    uploadId: string
    url: string
    headers: HeadersInit
  }
  expect((await fetch(url, { method: 'PUT', headers, body: Uint8Array.from(picture) })).status).toBe(204)
  expect(await hits()).toContainEqual({ marker: 'picture as sent', place: expect.stringContaining(uploadId) })
  const image = JSON.stringify({ image: { uploadId } })
  const answer = await call('/v1/ocr', { method: 'POST', headers: { ...json, ...PATIENT }, body: image })
  expect(answer.status).toBe(200)
  return (await answer.json()) as JobAnswer
}

const ended = async (id: string): Promise<void> => {
  const isOver = async () => {
    const { status } = (await (await call(`/v1/jobs/${id}`)).json()) as JobAnswer
    return ['succeeded', 'failed'].includes(status)
  }
  expect(await until(isOver, PATIENCE_MS, 200), stack.log().slice(-4_000)).toBe(true)
}

/** @param allowed places that may hold something, as documented */
const hits = async (allowed?: RegExp): Promise<Hit[]> => {
  const found = [...(await everywhere(stack))].flatMap(([place, content]) => search(markers, place, content))
  return found.filter(({ place }) => !allowed?.test(place))
}

beforeAll(async () => {
  const noise = Buffer.from(Array.from({ length: 128 * 128 * 3 }, () => Math.floor(Math.random() * 256)))
  const pixels = sharp(noise, { raw: { width: 128, height: 128, channels: 3 } })
  picture = await pixels
    .withExif({ IFD0: { Artist: CANARY.artist } })
    .jpeg()
    .toBuffer()
  const { bytes: stored } = await createPictureCodec().normalise(picture, 'image/jpeg', 'image')
  stack = new FaultStack({
    task: 'ocr',
    taskModule: 'canary-task.ts',
    env: { LOG_LEVEL: 'debug', API_SWEEP_MS: '1000' },
  })
  await stack.start()
  const { deadly: _, ...texts } = CANARY
  markers = {
    ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)])),
    key: Buffer.from(stack.key.slice(-24)),
    'picture as sent': middle(picture),
    'picture as normalised': middle(stored),
  }
})
afterAll(() => stack.stop())

it('would find what it looks for', () => {
  for (const [name, bytes] of Object.entries(markers))
    for (const text of [
      bytes,
      Buffer.from(bytes.toString('hex')),
      Buffer.from(Buffer.concat([Buffer.from('x'), bytes, Buffer.from('yz')]).toString('base64')),
    ])
      expect(
        search(markers, 'here', Buffer.concat([Buffer.from('before'), text, Buffer.from('after')])),
      ).toContainEqual({ marker: name, place: 'here' })
})

it('leaves nothing of a picture, a name or a key where a job waits', async () => {
  await stack.end('node', 'SIGTERM')
  jobs.subject = (await check({ subject: CANARY.subject }, { prefer: 'respond-async' })).id
  const waiting = [...(await everywhere(stack))].filter(([place]) => /^(queue|redis) /.test(place))
  expect(waiting.filter(([, content]) => content.includes(jobs.subject))).not.toEqual([])
  expect(await hits()).toEqual([])
  await stack.startNode()
})

it('leaves nothing outside the result where jobs ended, well or badly', async () => {
  await ended(jobs.subject)
  const named = await check({ documentType: 'passport', subject: `${CANARY.subject}-other` })
  jobs.named = named.id
  expect(JSON.stringify(named.result)).toContain(CANARY.surname)
  const unkept = await check({ store: 'false' })
  jobs.unkept = unkept.id
  expect(JSON.stringify(unkept.result)).toContain(CANARY.surname)
  const uploaded = await checkUploaded()
  jobs.uploaded = uploaded.id
  expect(JSON.stringify(uploaded.result)).toContain(CANARY.surname)
  const sealed = async () =>
    ![...(await everywhere(stack)).keys()].some((place) => place.startsWith('storage uploads/'))
  expect(await until(sealed, PATIENCE_MS, 100)).toBe(true)
  jobs.dead = (await check({ documentType: CANARY.deadly }, { prefer: 'respond-async' })).id
  await call('/v1/ocr', { method: 'POST', body: Uint8Array.from(picture), headers: { 'content-type': CANARY.surname } })
  await call('/v1/ocr', {
    method: 'POST',
    body: `{"image": {"base64": "${CANARY.surname}"}, "${CANARY.surname}": 1}`,
    headers: { 'content-type': 'application/json' },
  })
  await call(`/v1/jobs/${CANARY.documentNumber}?name=${CANARY.surname}`)
  await call(`/v1/models`, {
    headers: { authorization: `Bearer ${CANARY.wrongKey}`, 'x-request-id': `${CANARY.surname} ${CANARY.subject}` },
  })
  await ended(jobs.dead)
  const found = await everywhere(stack)
  expect([...found.keys()].filter((place) => place.startsWith('queue muster.dead'))).not.toEqual([])
  expect([...found.keys()].filter((place) => place.startsWith('storage pictures/'))).not.toEqual([])
  const inResults = [...found].filter(([place]) => RESULT_PLACES.test(place))
  expect(inResults.flatMap(([place, content]) => search(markers, place, content))).not.toEqual([])
  expect(await hits(RESULT_PLACES)).toEqual([])
})

it('keeps nothing at all of what was not to be stored', async () => {
  const gone = async () => {
    const row = [...(await everywhere(stack))].filter(([place]) => place.startsWith(`storage pictures/${jobs.unkept}`))
    return row.length === 0 && (await call(`/v1/jobs/${jobs.unkept}`)).status === 410
  }
  expect(await until(gone, PATIENCE_MS, 250)).toBe(true)
})

it('leaves nothing anywhere once everything was erased', async () => {
  const other = encodeURIComponent(`${CANARY.subject}-other`)
  for (const subject of [encodeURIComponent(CANARY.subject), other]) {
    const answer = await call(`/v1/subjects/${subject}`, { method: 'DELETE' })
    expect(await answer.json()).toMatchObject({ state: 'completed', jobs: 1, pictures: 1 })
  }
  for (const id of [jobs.dead, jobs.uploaded])
    expect((await call(`/v1/jobs/${id}`, { method: 'DELETE' })).status).toBe(204)
  expect(await hits()).toEqual([])
  const places = [...(await everywhere(stack)).keys()]
  expect(places.filter((place) => place.startsWith('storage ') || place.startsWith('queue muster.dead'))).toEqual([])
  for (const id of Object.values(jobs)) expect((await call(`/v1/jobs/${id}`)).status).toBe(410)
})

it('forgets the keys with the pictures, so that copies of storage cannot be opened either', async () => {
  const places = await everywhere(stack)
  const inputs = [...places].filter(([place]) => place.startsWith('table job.input'))
  expect(inputs).toHaveLength(Object.keys(jobs).length)
  for (const [, input] of inputs) expect(JSON.parse(input.toString())).toEqual({ pictures: [], options: {} })
})
