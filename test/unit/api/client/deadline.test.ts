import { expect, it } from 'vitest'
import { aJob, finished } from './scripted-server.ts'
import { JPEG, useServer } from './setup.ts'

const context = useServer()

it('says with a check how long its job may take, in a form and in JSON', async () => {
  const { server, muster } = context
  server.will(finished(aJob('liveness')), finished(aJob('liveness')))
  await muster().liveness({ image: JPEG }, { deadlineMs: 5_000 })
  await muster().liveness({ image: { uploadId: 'u-1' } }, { deadlineMs: 5_000 })
  const [form, jsonBody] = server.requests.map(({ body }) => body.toString())
  expect(form).toMatch(/name="deadlineMs"\r\n\r\n5000\r\n/)
  expect(JSON.parse(jsonBody ?? '')).toEqual({ image: { uploadId: 'u-1' }, deadlineMs: 5_000 })
})

it('leaves the deadline to the service unless told', async () => {
  const { server, muster } = context
  server.will(finished(aJob('liveness')))
  await muster().liveness({ image: JPEG })
  expect(server.requests[0]?.body.toString()).not.toContain('deadlineMs')
})
