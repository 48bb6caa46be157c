import { afterEach, describe, expect, it } from 'vitest'
import { FleetDeniedError, PoolUnknownError, UnavailableError } from '../../../../infra/domain/errors.ts'
import { createNomadFleet } from '../../../../infra/nomad/fleet.ts'
import { describeFleet } from '../../../contract/fleet.ts'
import { describeZonedFleet } from '../../../contract/zoned-fleet.ts'
import { NomadServer } from '../../../fakes/nomad-server.ts'

const servers: NomadServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

const setUp = async (timeoutMs = 10_000) => {
  const server = new NomadServer()
  servers.push(server)
  const address = await server.start()
  const job = server.addJob('muster worker/checks', 'worker', 2, { Min: 1, Max: 9, Enabled: false })
  let token: string | undefined
  const fleet = createNomadFleet(
    { address, token: () => token, namespace: 'identity', region: 'eu', timeoutMs },
    (pool) => (pool === 'nowhere' ? undefined : { job: `muster worker/${pool}`, group: 'worker' }),
  )
  const change = async (count: number) => {
    const { version } = await fleet.view('checks')
    return fleet.setCount({ pool: 'checks', count, version, message: 'why', meta: { forecast: '3' } })
  }
  const showToken = (next: string) => {
    token = next
  }
  return { server, job, fleet, change, showToken }
}

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

const setUpZones = async () => {
  const { server, job, fleet } = await setUp()
  job.groups.clear()
  const [a, b] = ['a', 'b'].map((zone) =>
    server.addZone(job, 'worker', zone, {
      count: 2,
      placed: 2,
      running: 2,
      scaling: { Min: 0, Max: 9, Enabled: true },
    }),
  )
  return { server, job, fleet, a: a as NonNullable<typeof a>, b: b as NonNullable<typeof b> }
}

describeZonedFleet('Nomad, as its source answers', async () => {
  const { server, job, fleet, a, b } = await setUpZones()
  return {
    ...{ fleet, pool: 'checks' },
    async interfere(count) {
      a.count = count - b.count
      job.jobModifyIndex = job.modifyIndex += 1
    },
    refuseSecond() {
      server.afterChange = () => {
        job.deploying = true
      }
    },
  }
})

describe('Fleet with zones on Nomad', () => {
  const toFive = { pool: 'checks', message: 'why', meta: {} }
  const zones = [
    { zone: 'a', count: 4 },
    { zone: 'b', count: 1 },
  ]

  it('finds the groups of a pool by what they say of themselves, and tells how each is', async () => {
    const { server, job, fleet, b } = await setUpZones()
    server.addZone(job, 'worker-large', 'a', { count: 7, placed: 7, running: 7 })
    Object.assign(b, { placed: 1, running: 0 })
    const view = await fleet.view('checks')
    expect(view).toMatchObject({ desiredCount: 4, placedCount: 3, runningCount: 2, bounds: { min: 0, max: 18 } })
    expect(view.zones).toEqual([
      { zone: 'a', desiredCount: 2, placedCount: 2, runningCount: 2, readyCount: 2, bounds: { min: 0, max: 9 } },
      { zone: 'b', desiredCount: 2, placedCount: 1, runningCount: 0, readyCount: 0, bounds: { min: 0, max: 9 } },
    ])
  })

  it('names the index anew for each group, as each change moves it', async () => {
    const { job, fleet } = await setUpZones()
    const { version } = await fleet.view('checks')
    expect(await fleet.setCount({ ...toFive, count: 5, zones, version })).toEqual({ kind: 'applied' })
    expect(job.events.map(({ group, count }) => [group, count])).toEqual([
      ['worker-b', 1],
      ['worker-a', 4],
    ])
  })

  it('goes on when another pool of the job moved the index, and stops when somebody changed its own counts', async () => {
    const { server, job, fleet, b } = await setUpZones()
    const { version } = await fleet.view('checks')
    job.jobModifyIndex = job.modifyIndex += 1
    server.afterChange = () => {
      b.count = 3
      job.jobModifyIndex = job.modifyIndex += 1
    }
    const changed = await fleet.setCount({ ...toFive, count: 5, zones, version })
    expect(changed).toEqual({ kind: 'conflict', why: 'a count was changed meanwhile' })
    expect((await fleet.view('checks')).desiredCount).toBe(7)
  })

  it.each([
    [
      'has a zone that is not there',
      [
        { zone: 'c', count: 4 },
        { zone: 'b', count: 1 },
      ],
    ],
    ['does not speak of all', [{ zone: 'a', count: 5 }]],
    [
      'does not add up',
      [
        { zone: 'a', count: 1 },
        { zone: 'b', count: 1 },
      ],
    ],
  ])('changes nothing when a change %s', async (_what, wrong) => {
    const { job, fleet } = await setUpZones()
    const { version } = await fleet.view('checks')
    expect((await fleet.setCount({ ...toFive, count: 5, zones: wrong, version })).kind).toBe('conflict')
    expect(job.events).toEqual([])
  })

  it('leaves its notes at a group of the pool', async () => {
    const { job, fleet } = await setUpZones()
    await fleet.note('checks', 'held', {})
    expect(job.events[0]).toMatchObject({ group: 'worker-a', count: null, message: 'held' })
  })
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
