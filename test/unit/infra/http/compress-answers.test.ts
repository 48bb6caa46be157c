import { gunzipSync } from 'node:zlib'
import Fastify from 'fastify'
import { expect, it } from 'vitest'
import { compressAnswers } from '../../../../infra/http/compress-answers.ts'

const LONG = { words: 'gpu-07 '.repeat(2_000) }

const open = async () => {
  const app = Fastify()
  await compressAnswers(app)
  app.get('/long', async () => LONG)
  app.get('/short', async () => ({ ok: true }))
  app.get('/events', (_request, reply) => reply.type('text/event-stream').send(`data: ${LONG.words}\n\n`))
  app.post('/echo', async (request) => request.body)
  return app
}
const TAKES_GZIP = { 'accept-encoding': 'br, gzip' }

it('sends long answers compressed to whoever takes them so', async () => {
  const answer = await (await open()).inject({ url: '/long', headers: TAKES_GZIP })
  expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' })
  expect(answer.rawPayload.length).toBeLessThan(1_000)
  expect(JSON.parse(gunzipSync(answer.rawPayload).toString())).toEqual(LONG)
})

it('sends them as they are to everybody else, and short ones always', async () => {
  const app = await open()
  const plain = await app.inject({ url: '/long' })
  const refused = await app.inject({ url: '/long', headers: { 'accept-encoding': 'gzip;q=0' } })
  const short = await app.inject({ url: '/short', headers: TAKES_GZIP })
  for (const answer of [plain, refused, short]) expect(answer.headers).not.toHaveProperty('content-encoding')
  expect([plain.json(), refused.json(), short.json()]).toEqual([LONG, LONG, { ok: true }])
})

it('leaves streams of events alone', async () => {
  const answer = await (await open()).inject({ url: '/events', headers: TAKES_GZIP })
  expect(answer.headers).not.toHaveProperty('content-encoding')
  expect(answer.body).toContain(LONG.words)
})

it('takes no compressed body: a few bytes of it could be gigabytes', async () => {
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const payload = Buffer.from('H4sIAAAAAAAAA6tWKkktLlGyUlAqLU4tUqoFAKq6xQ8SAAAA', 'base64')
  const answer = await (await open()).inject({ method: 'POST', url: '/echo', headers, payload })
  expect(answer.statusCode).toBe(400)
})
