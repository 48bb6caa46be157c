import { afterEach, describe, expect, it } from 'vitest'
import { FleetDeniedError, PoolUnknownError, UnavailableError } from '../../../../infra/domain/errors.ts'
import { describeFleet } from '../../../contract/fleet.ts'
import type { NomadServer } from '../../../fakes/nomad-server.ts'
import { aNomadFleet } from './a-nomad-fleet.ts'

const servers: NomadServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

const setUp = (timeoutMs?: number) => aNomadFleet(servers, timeoutMs)

describeFleet('Nomad, as its source answers', async () => {
  const { fleet, job } = await setUp()
  return {
    fleet,
    pool: 'checks',
    async interfere(count) {
      const group = job.groups.get('worker')
      if (group) group.count = count
      job.jobModifyIndex = job.modifyIndex += 1
    },
  }
})

describe('Fleet on Nomad', () => {
  it('checks a change against the index of the job, not that of its scale status', async () => {
    const { job, change } = await setUp()
    expect(job.modifyIndex).not.toBe(job.jobModifyIndex)
    expect(await change(3)).toEqual({ kind: 'applied' })
    expect(job.events[0]).toMatchObject({ count: 3, message: 'why', meta: { forecast: '3' } })
  })

  it('names namespace and region in every query', async () => {
    const { server, change } = await setUp()
    await change(3)
    for (const { url } of server.requests)
      expect([url.searchParams.get('namespace'), url.searchParams.get('region')]).toEqual(['identity', 'eu'])
  })

  it('shows placements that are still missing, and the limits enforced there', async () => {
    const { job, fleet } = await setUp()
    job.groups.set('worker', { count: 5, placed: 3, running: 2, scaling: { Min: 1, Max: 9, Enabled: false } })
    expect(await fleet.view('checks')).toMatchObject({
      ...{ desiredCount: 5, placedCount: 3, runningCount: 2 },
      bounds: { min: 1, max: 9 },
    })
  })

  it('takes an active deployment for not now', async () => {
    const { job, change } = await setUp()
    job.deploying = true
    expect(await change(3)).toEqual({ kind: 'not-now', why: 'job scaling blocked due to active deployment' })
  })

  it.each([
    [0, 'minimum'],
    [10, 'maximum'],
  ])('tells of limits: %d', async (count, limit) => {
    const { change } = await setUp()
    const changed = await change(count)
    expect(changed.kind).toBe('out-of-bounds')
    expect(JSON.stringify(changed)).toContain(limit)
  })

  it('notes why it held, as an event without a count', async () => {
    const { job, fleet } = await setUp()
    await fleet.note('checks', 'held at 2', { doubt: 'demand' })
    expect(job.events[0]).toEqual({ group: 'worker', count: null, message: 'held at 2', meta: { doubt: 'demand' } })
  })

  it('reads its token anew for every call', async () => {
    const { server, fleet, showToken } = await setUp()
    server.token = 'second'
    showToken('first')
    await expect(fleet.view('checks')).rejects.toThrow(FleetDeniedError)
    showToken('second')
    expect((await fleet.view('checks')).desiredCount).toBe(2)
  })

  it('takes a stopped job for none', async () => {
    const { job, fleet } = await setUp()
    job.stopped = true
    await expect(fleet.view('checks')).rejects.toThrow(PoolUnknownError)
  })

  it.each([
    [500, 'No cluster leader'],
    [502, '<html>bad gateway</html>'],
    [200, 'not json'],
    [429, 'slow down'],
  ])('is unavailable when it answers %d %s', async (status, text) => {
    const { server, fleet } = await setUp()
    server.troubles.push({ status, text }, { status, text })
    await expect(fleet.view('checks')).rejects.toThrow(UnavailableError)
  })

  const group = { Name: 'worker', Count: 2, Scaling: null }
  const job = { JobModifyIndex: 10, Stop: false, TaskGroups: [group] }
  it.each([
    ['nothing', null],
    ['an empty object', {}],
    ['no index, so that a change would be done whatever happened meanwhile', { ...job, JobModifyIndex: undefined }],
    ['an index that is none', { ...job, JobModifyIndex: 'x' }],
    ['a count that is no number', { ...job, TaskGroups: [{ ...group, Count: '2' }] }],
    ['a count below nothing', { ...job, TaskGroups: [{ ...group, Count: -1 }] }],
    ['limits that are none', { ...job, TaskGroups: [{ ...group, Scaling: {} }] }],
  ])('is unavailable when it tells %s', async (_what, body) => {
    const { server, fleet } = await setUp()
    const answer = { status: 200, text: JSON.stringify(body) }
    server.troubles.push(answer, answer)
    await expect(fleet.view('checks')).rejects.toThrow(UnavailableError)
  })

  it('is unavailable when it sends us elsewhere: the token goes to nobody else', async () => {
    const { server, fleet } = await setUp()
    server.troubles.push({ status: 307, text: '' }, { status: 307, text: '' })
    await expect(fleet.view('checks')).rejects.toThrow(UnavailableError)
    expect(server.requests.some(({ url }) => url.searchParams.has('elsewhere'))).toBe(false)
  })

  it('is unavailable when it takes too long', async () => {
    const { server, fleet } = await setUp(300)
    server.holdsAnswers = true
    await expect(fleet.view('checks')).rejects.toThrow(UnavailableError)
  })

  it('is unavailable when nobody listens', async () => {
    const { server, fleet } = await setUp()
    await server.stop()
    servers.length = 0
    await expect(fleet.view('checks')).rejects.toThrow(UnavailableError)
  })
})
