import { describe, expect, it } from 'vitest'
import { AbortError, ConnectionError } from '../../../../api/client/client.ts'
import { accepted, aJob, aPendingJob, finished, json, problem, reset } from './scripted-server.ts'
import { JPEG, PNG, rejection, useServer } from './setup.ts'

const context = useServer()
const pair = { source: JPEG, target: PNG }

describe('a check that goes with its connection', () => {
  it('says so, and waits as long as any other', async () => {
    const { server, muster } = context
    server.will(finished(aJob('face-match')))
    await muster().faceMatch(pair, { cancelOnDisconnect: true })
    expect(server.requests[0]?.headers.prefer).toBe('wait=20, cancel-on-disconnect')
  })

  it('is not sent again when the connection was lost: the job went with it', async () => {
    const { server, muster } = context
    server.will(reset)
    expect(await rejection(muster().faceMatch(pair, { cancelOnDisconnect: true }))).toBeInstanceOf(ConnectionError)
    expect(server.requests).toHaveLength(1)
  })

  it('is sent again when the service asks for it', async () => {
    const { server, muster } = context
    server.will(problem(503), finished(aJob('face-match')))
    await muster().faceMatch(pair, { cancelOnDisconnect: true })
    expect(server.requests).toHaveLength(2)
  })

  it('is canceled by name when its signal fires after the submission was answered', async () => {
    const { server, muster } = context
    const controller = new AbortController()
    server.will(accepted(), () => controller.abort(), json(202, aPendingJob('face-match', { status: 'canceling' })))
    const call = muster().faceMatch(pair, { signal: controller.signal, cancelOnDisconnect: true })
    expect(await rejection(call)).toBeInstanceOf(AbortError)
    await server.received(3)
    expect(server.requests[2]).toMatchObject({ method: 'POST', path: '/v1/jobs/job-1/cancel' })
  })

  it('is an ordinary one when it does not wait', async () => {
    const { server, muster } = context
    server.will(accepted())
    await muster().faceMatch(pair, { cancelOnDisconnect: true, async: true })
    expect(server.requests[0]?.headers.prefer).toBe('respond-async')
  })
})
