import { readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { startApi } from '../../../fixtures/api.ts'
import { picturePath } from '../../../fixtures/pictures.ts'

const PERSON = readFileSync(picturePath('person_a_2010.jpg')).toString('base64')

const start = async () => {
  const api = await startApi()
  const submit = async (subject?: string) => {
    const payload = { image: { base64: PERSON }, ...(subject && { subject }) }
    const headers = { ...api.auth, prefer: 'respond-async' }
    return (await api.app.inject({ method: 'POST', url: '/v1/liveness', headers, payload })).json().id as string
  }
  const erase = (path: string, headers = api.auth) => api.app.inject({ method: 'DELETE', url: path, headers })
  const look = (path: string, headers = api.auth) => api.app.inject({ url: path, headers })
  return { ...api, submit, erase, look }
}

it('erases one job, and says where the receipt is', async () => {
  const { deps, submit, erase, look } = await start()
  const id = await submit()
  const erased = await erase(`/v1/jobs/${id}`)
  expect([erased.statusCode, erased.body]).toEqual([204, ''])
  const receipt = await look(String(erased.headers.location))
  expect(receipt.json()).toMatchObject({ state: 'completed', jobs: 1, pictures: 1 })
  expect(deps.blobs.keys()).toEqual([])
  expect((await erase(`/v1/jobs/${id}`)).headers.location).toBe(erased.headers.location)
  expect((await look(`/v1/jobs/${id}`)).json().code).toBe('JOB_ERASED')
})

it('erases everything under a reference, and nothing else', async () => {
  const { deps, submit, erase, look } = await start()
  const ids = [await submit('person/7 %'.replace(/ /g, '_')), await submit('person/7_%')]
  const other = await submit('person/8')
  const erased = await erase(`/v1/subjects/${encodeURIComponent('person/7_%')}`)
  expect(erased.statusCode).toBe(200)
  expect(erased.json()).toMatchObject({ state: 'completed', jobs: 2, pictures: 2 })
  expect(erased.headers.location).toBe(`/v1/erasures/${erased.json().id}`)
  for (const id of ids) expect((await look(`/v1/jobs/${id}`)).statusCode).toBe(410)
  expect((await look(`/v1/jobs/${other}`)).statusCode).toBe(200)
  expect(deps.blobs.keys()).toHaveLength(1)
})

it('takes the longest reference there can be', async () => {
  const { submit, erase } = await start()
  await submit('%'.repeat(128))
  expect((await erase(`/v1/subjects/${'%25'.repeat(128)}`)).json()).toMatchObject({ jobs: 1 })
})

it('answers 202 while storage is away, and never keeps the result', async () => {
  const { deps, submit, erase, look } = await start()
  const id = await submit('p')
  vi.spyOn(deps.blobs, 'delete').mockRejectedValue(new UnavailableError('storage', undefined))
  const erased = await erase(`/v1/jobs/${id}`)
  expect(erased.statusCode).toBe(202)
  expect(erased.headers['retry-after']).toBe('30')
  expect(erased.json()).toMatchObject({ state: 'open', completedAt: null, jobs: 1 })
  expect((await look(String(erased.headers.location))).json()).toMatchObject({ state: 'open' })
  expect((await look(`/v1/jobs/${id}`)).statusCode).toBe(410)
})

it.each(['%20', 'a%0Ab', 'a'.repeat(129)])('refuses a reference that no check could have had: %s', async (subject) => {
  const { erase } = await start()
  const { statusCode, body } = await erase(`/v1/subjects/${subject}`)
  expect([400, 404, 414]).toContain(statusCode)
  expect(body).not.toContain('aaaa')
})

it('shows no receipt to another tenant, nor one that is not there', async () => {
  const { erase, look, foreign } = await start()
  const { id } = (await erase('/v1/subjects/p')).json()
  for (const answer of [await look(`/v1/erasures/${id}`, foreign), await look('/v1/erasures/x')])
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'ERASURE_NOT_FOUND'])
})
