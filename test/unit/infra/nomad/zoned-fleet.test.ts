import { afterEach, describe, expect, it } from 'vitest'
import { describeZonedFleet } from '../../../contract/zoned-fleet.ts'
import type { NomadServer } from '../../../fakes/nomad-server.ts'
import { aNomadFleet } from './a-nomad-fleet.ts'

const servers: NomadServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

const setUpZones = async () => {
  const { server, job, fleet } = await aNomadFleet(servers)
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
