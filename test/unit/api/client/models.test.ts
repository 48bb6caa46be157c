import { describe, expect, it } from 'vitest'
import { json } from './scripted-server.ts'
import { rejection, useServer } from './setup.ts'

const context = useServer()

describe('models.list', () => {
  it('answers with the models in use, each with its task', async () => {
    const { server, muster } = context
    const models = [{ task: 'ocr', name: 'reader', version: '1.2.0', digest: 'sha256:00' }]
    server.will(json(200, { models }))
    expect(await muster().models.list()).toEqual(models)
    expect(server.requests[0]).toMatchObject({ method: 'GET', path: '/v1/models' })
  })

  it.each([[{}], [[]], [null], [{ models: {} }]])('throws for an answer that lists none: %j', async (body) => {
    const { server, muster } = context
    server.will(json(200, body))
    expect(await rejection(muster().models.list())).toMatchObject({ name: 'InvalidAnswerError', retryable: false })
  })
})
