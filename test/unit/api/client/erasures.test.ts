import { expect, it } from 'vitest'
import { ConfigurationError } from '../../../../api/client/client.ts'
import { aJob, finished, json, problem } from './scripted-server.ts'
import { JPEG, rejection, useServer } from './setup.ts'

const context = useServer()
const RECEIPT = {
  id: 'e-1',
  state: 'open',
  requestedAt: '2026-11-21T10:00:00.000Z',
  completedAt: null,
  jobs: 2,
  pictures: 3,
}

it('erases by reference, and looks at the receipt', async () => {
  const { server, muster } = context
  server.will(json(202, RECEIPT), json(200, { ...RECEIPT, state: 'completed' }))
  const receipt = await muster().subjects.erase('person/7')
  expect(receipt).toEqual(RECEIPT)
  expect((await muster().erasures.get(receipt.id)).state).toBe('completed')
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'DELETE /v1/subjects/person%2F7',
    'GET /v1/erasures/e-1',
  ])
})

it('refuses nothing as a reference before anything is sent, and an answer that is no receipt', async () => {
  const { server, muster } = context
  expect(await rejection(muster().subjects.erase(''))).toBeInstanceOf(ConfigurationError)
  expect(await rejection(muster().erasures.get(''))).toBeInstanceOf(ConfigurationError)
  expect(server.requests).toHaveLength(0)
  server.will(json(200, {}), problem(404, { code: 'ERASURE_NOT_FOUND' }))
  expect(await rejection(muster().erasures.get('e-1'))).toMatchObject({ name: 'InvalidAnswerError' })
  expect(await rejection(muster().erasures.get('e-1'))).toMatchObject({ name: 'NotFoundError' })
})

it('says with a check what is not to be stored, and whom it is about', async () => {
  const { server, muster } = context
  server.will(finished(aJob('liveness')), finished(aJob('liveness')))
  await muster().liveness({ image: JPEG }, { store: false, subject: 'person-7' })
  await muster().liveness({ image: { uploadId: 'u-1' } }, { store: false, subject: 'person-7' })
  const [form, jsonBody] = server.requests.map(({ body }) => body.toString())
  expect(form).toMatch(/name="store"\r\n\r\nfalse\r\n/)
  expect(form).toMatch(/name="subject"\r\n\r\nperson-7\r\n/)
  expect(JSON.parse(jsonBody ?? '')).toEqual({ image: { uploadId: 'u-1' }, store: false, subject: 'person-7' })
})
