import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { LIVE, startApi } from '../../fixtures/api.ts'
import { eventually } from '../../fixtures/eventually.ts'
import { picturePath } from '../../fixtures/pictures.ts'

const PERSON = readFileSync(picturePath('person_a_2010.jpg')).toString('base64')

const check = (headers: Record<string, string>, body: object = {}) => ({
  method: 'POST' as const,
  url: '/v1/liveness',
  headers,
  payload: { image: { base64: PERSON }, ...body },
})

it('answers what is not to be stored once, and forgets it', async () => {
  const { app, deps, auth, work } = await startApi()
  await work()
  const answer = await app.inject(check(auth, { store: false }))
  expect(answer.statusCode).toBe(200)
  expect(answer.json().result).toMatchObject({ live: (LIVE as { live: boolean }).live })
  const { id } = answer.json()
  await eventually(async () => expect((await deps.jobs.find('acme', id))?.erasedAt).not.toBeNull())
  await eventually(() => expect(deps.blobs.keys()).toEqual([]))
  expect(await deps.cache.get('acme', id)).toBeUndefined()
  const again = await app.inject({ url: `/v1/jobs/${id}`, headers: auth })
  expect([again.statusCode, again.json().code]).toEqual([410, 'JOB_ERASED'])
})

it('forgets it too when it is read later, after the first read', async () => {
  const { app, deps, auth, work } = await startApi()
  const accepted = await app.inject(check({ ...auth, prefer: 'wait=0' }, { store: false }))
  expect(accepted.statusCode).toBe(202)
  await work()
  const { id } = accepted.json()
  await eventually(async () => expect((await deps.jobs.find('acme', id))?.state).toBe('succeeded'))
  expect((await app.inject({ url: `/v1/jobs/${id}`, headers: auth })).json().status).toBe('succeeded')
  await eventually(async () => expect((await deps.jobs.find('acme', id))?.result).toBeNull())
  expect((await app.inject({ url: `/v1/jobs/${id}`, headers: auth })).statusCode).toBe(410)
})

it('says to a repetition that it is gone', async () => {
  const { app, deps, auth, work } = await startApi()
  await work()
  const headers = { ...auth, 'idempotency-key': 'once' }
  const { id } = (await app.inject(check(headers, { store: false }))).json()
  await eventually(async () => expect((await deps.jobs.find('acme', id))?.erasedAt).not.toBeNull())
  expect((await app.inject(check(headers, { store: false }))).json().code).toBe('JOB_ERASED')
})

it('keeps what is to be stored', async () => {
  const { app, deps, auth, work } = await startApi()
  await work()
  const { id } = (await app.inject(check(auth))).json()
  expect((await app.inject({ url: `/v1/jobs/${id}`, headers: auth })).json().status).toBe('succeeded')
  expect((await deps.jobs.find('acme', id))?.erasedAt).toBeNull()
  expect(deps.blobs.keys()).toHaveLength(1)
})
