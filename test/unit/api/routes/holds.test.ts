import { expect, it } from 'vitest'
import { createClearJobs } from '../../../../api/clear-jobs.ts'
import { createErase } from '../../../../api/erase-job.ts'
import { subjectHash } from '../../../../api/fingerprint.ts'
import { forget } from '../../../../api/housekeeping/forget.ts'
import { addKey } from '../../../fakes/key-store.ts'
import { startApi } from '../../../fixtures/api.ts'
import { PERSON } from '../../../fixtures/forms.ts'

const image = { base64: PERSON.toString('base64') }
const REASON = 'case 4711'

const start = async () => {
  const api = await startApi()
  const { app, deps } = api
  const admin = { authorization: `Bearer ${await addKey(deps.keys, { tenant: 'acme', role: 'admin' })}` }
  const other = { authorization: `Bearer ${await addKey(deps.keys, { tenant: 'other', role: 'admin' })}` }
  const submit = async (subject?: string) => {
    const headers = { ...api.auth, prefer: 'respond-async' }
    const payload = { image, ...(subject && { subject }) }
    return (await app.inject({ method: 'POST', url: '/v1/liveness', headers, payload })).json().id as string
  }
  const hold = (path: string, headers = admin, payload: object = { reason: REASON }) =>
    app.inject({ method: 'POST', url: `${path}/hold`, headers, payload })
  const lift = (path: string, headers = admin) => app.inject({ method: 'DELETE', url: `${path}/hold`, headers })
  const erase = (path: string) => app.inject({ method: 'DELETE', url: path, headers: admin })
  const look = (path: string) => app.inject({ url: path, headers: admin })
  /** a round of what every process does beside answering */
  const clearJobs = createClearJobs(deps)
  const erasing = createErase({ ...deps, clearJobs, purgeDeadLetters: async () => 0 })
  const keepHouse = () => forget({ ...deps, clearJobs, erase: erasing }, new AbortController().signal)
  return { ...api, submit, hold, lift, erase, look, other, keepHouse }
}

it('answers 409 for a job that is held, keeps it, and erases it when the hold is lifted', async () => {
  const { submit, hold, lift, erase, look, keepHouse, deps } = await start()
  const path = `/v1/jobs/${await submit()}`
  expect((await hold(path)).statusCode).toBe(204)
  const refused = await erase(path)
  expect(refused.json()).toMatchObject({ status: 409, code: 'LEGAL_HOLD', retryable: false })
  const receipt = String(refused.headers.location)
  expect((await look(receipt)).json()).toMatchObject({ state: 'open', jobs: 0, held: 1 })
  await keepHouse()
  expect((await look(path)).json()).toMatchObject({ status: 'queued' })
  expect(deps.blobs.keys()).toHaveLength(1)
  expect((await lift(path)).statusCode).toBe(204)
  await keepHouse()
  expect((await look(path)).json()).toMatchObject({ code: 'JOB_ERASED' })
  expect((await look(receipt)).json()).toMatchObject({ state: 'completed', jobs: 1, pictures: 1, held: 0 })
  expect(deps.blobs.keys()).toEqual([])
})

it('holds everything about a person, also what comes later, and nothing else', async () => {
  const { submit, hold, lift, erase, look, keepHouse } = await start()
  const before = await submit('person-7')
  expect((await hold('/v1/subjects/person-7')).statusCode).toBe(204)
  const [later, other] = [await submit('person-7'), await submit('person-8')]
  expect((await erase('/v1/subjects/person-7')).json()).toMatchObject({ status: 409, code: 'LEGAL_HOLD' })
  expect((await erase('/v1/subjects/person-8')).json()).toMatchObject({ state: 'completed', jobs: 1, held: 0 })
  const states = async () =>
    Promise.all([before, later, other].map(async (id) => (await look(`/v1/jobs/${id}`)).statusCode))
  expect(await states()).toEqual([200, 200, 410])
  expect((await lift('/v1/subjects/person-7')).statusCode).toBe(204)
  await keepHouse()
  expect(await states()).toEqual([410, 410, 410])
})

it('is written down who held what and why, and no reference', async () => {
  const { submit, hold, lift, deps } = await start()
  const id = await submit()
  await hold(`/v1/jobs/${id}`)
  await hold('/v1/subjects/person-7')
  await lift(`/v1/jobs/${id}`)
  const trail = (await deps.audit.list({ limit: 10 })).filter(({ action }) => action.startsWith('legal_hold'))
  expect(trail.map(({ action, target, details }) => [action, target, details])).toEqual([
    ['legal_hold_lifted', id, {}],
    ['legal_hold_placed', `subject:${subjectHash('acme', 'person-7')}`, { reason: REASON }],
    ['legal_hold_placed', id, { reason: REASON }],
  ])
})

it('refuses what cannot be held, and can be repeated', async () => {
  const { submit, hold, lift, erase, other, deps } = await start()
  const submitter = { authorization: `Bearer ${await addKey(deps.keys, { tenant: 'acme', role: 'submitter' })}` }
  const path = `/v1/jobs/${await submit()}`
  expect((await hold(path, submitter)).json().code).toBe('FORBIDDEN')
  expect((await hold(path, other)).json().code).toBe('JOB_NOT_FOUND')
  expect((await lift(path, other)).json().code).toBe('JOB_NOT_FOUND')
  expect((await hold('/v1/jobs/nothing')).json().code).toBe('JOB_NOT_FOUND')
  expect((await hold(path, undefined, {})).json().code).toBe('INVALID_REQUEST')
  expect((await hold(path, undefined, { reason: 'two\nlines' })).json().code).toBe('INVALID_REQUEST')
  for (const once of [hold, hold, lift, lift]) expect((await once(path)).statusCode).toBe(204)
  await erase(path)
  expect((await hold(path)).json().code).toBe('JOB_ERASED')
})
