import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { isSame, ReleaseFailedError, ReleaseUnderWayError } from '../../../../scripts/release/state.ts'
import { STRATEGIES } from '../../../../scripts/release/steps.ts'
import { Crash, ReleaseWorld } from './release-world.ts'

const BEFORE = ['workers 0.1.0 x 4', 'api 0.1.0 x 3', 'autoscaler 0.1.0 x 2']
const AFTER = BEFORE.map((line) => line.replace('0.1.0', '0.2.0'))

let world: ReleaseWorld
beforeEach(async () => {
  world = new ReleaseWorld()
  await world.start()
})
afterEach(() => world.nomad.stop())

const running = () => world.nomad.running().toSorted()
const changes = () => world.nomad.changes.splice(0)

describe('a rolling release', () => {
  it('goes job by job, one allocation at a time, and gives the workers back to the autoscaler', async () => {
    expect(await world.release('0.2.0', 'rolling')).toBe(true)
    expect(changes()).toEqual([
      'migrate 0.2.0 1/0x1',
      'workers 0.2.0 1/0x4',
      'workers 0.2.0 0/0x4',
      'api 0.2.0 1/0x3',
      'autoscaler 0.2.0 1/0x2',
    ])
    expect(running()).toEqual(AFTER.toSorted())
    expect(world.kept?.outcome).toBe('released')
  })

  it('leaves counts as they are, whatever the files say', async () => {
    world.scale('workers', 9)
    await world.release('0.2.0', 'rolling')
    expect(running()).toContain('workers 0.2.0 x 9')
  })

  it('leaves alone what it is not about', async () => {
    await world.release('0.2.0', 'rolling', '', ['api'])
    expect(running()).toEqual(['api 0.2.0 x 3', 'autoscaler 0.1.0 x 2', 'workers 0.1.0 x 4'])
  })

  it('of what runs already changes nothing', async () => {
    await world.release('0.2.0', 'rolling')
    changes()
    expect(await world.release('0.2.0', 'rolling')).toBe(true)
    // The workers' update strategy is the only thing that comes and goes.
    expect(changes()).toEqual(['workers 0.2.0 1/0x4', 'workers 0.2.0 0/0x4'])
  })
})

describe('a Nomad without a leader', () => {
  it('for a moment is waited for', async () => {
    world.nomad.deaf = 5
    expect(await world.release('0.2.0', 'rolling', '', ['api'])).toBe(true)
    expect(changes()).toEqual(['api 0.2.0 1/0x3'])
  })

  it('for long ends the release, which is known to be on its way back', async () => {
    world.nomad.deaf = Number.POSITIVE_INFINITY
    await expect(world.release('0.2.0', 'rolling', '', ['api'])).rejects.toThrow(UnavailableError)
    expect(world.kept?.outcome).toBe('going back')
    world.nomad.deaf = 0
    await world.apply(world.site('0.2.0')).back()
    expect(running()).toEqual(BEFORE.toSorted())
  })
})

describe('a scheduler that is late', () => {
  beforeEach(async () => {
    await world.release('0.2.0', 'rolling')
    changes()
    world.nomad.lateBy = 3
  })

  it('is waited for: what still runs from before is not taken for the new version', async () => {
    expect(await world.release('0.3.0', 'rolling', 'mode = "sick"', ['workers'])).toBe(false)
    expect(changes()).toEqual(['workers 0.3.0 1/0x4', 'workers 0.2.0 1/0x4', 'workers 0.2.0 0/0x4'])
    const workers = world.nomad.jobs.get('workers')
    expect(workers?.deployments.map(({ status }) => status).slice(-2)).toEqual(['failed', 'successful'])
  })

  it('is waited for: migrations that ended well the last time are not taken for the new ones', async () => {
    expect(await world.release('0.3.0', 'rolling', 'migrate_mode = "failing"')).toBe(false)
    expect(changes()).toEqual(['migrate 0.3.0 1/0x1'])
  })

  it('has its canaries promoted', async () => {
    expect(await world.release('0.3.0', 'canary', '', ['api'])).toBe(true)
    expect(changes()).toEqual(['api 0.3.0 1/1x3', 'promote api'])
  })
})

describe('a canary release', () => {
  it('tries one of each beside the others before these follow', async () => {
    expect(await world.release('0.2.0', 'canary')).toBe(true)
    expect(changes()).toEqual([
      'migrate 0.2.0 1/0x1',
      'workers-green 0.2.0 1/0x1',
      'workers 0.2.0 1/0x4',
      'workers 0.2.0 0/0x4',
      'stop workers-green',
      'api 0.2.0 1/1x3',
      'promote api',
      'autoscaler 0.2.0 1/0x2',
    ])
    expect(running()).toEqual(AFTER.toSorted())
  })
})

describe('a blue-green release', () => {
  it('puts as many beside the others, hands over, and stops the old ones', async () => {
    expect(await world.release('0.2.0', 'blue-green')).toBe(true)
    expect(changes()).toEqual([
      'migrate 0.2.0 1/0x1',
      'workers-green 0.2.0 1/0x4',
      'workers-green 0.2.0 0/0x4',
      'api 0.2.0 1/3x3',
      'promote api',
      'autoscaler 0.2.0 1/0x2',
      'stop workers',
    ])
    expect(world.nomad.jobs.get('autoscaler')?.spec.Meta.watches).toBe('workers-green')
  })

  it('goes the other way the next time', async () => {
    await world.release('0.2.0', 'blue-green')
    expect(await world.release('0.3.0', 'blue-green')).toBe(true)
    expect(running()).toEqual(['api 0.3.0 x 3', 'autoscaler 0.3.0 x 2', 'workers 0.3.0 x 4'])
    expect(world.nomad.jobs.get('autoscaler')?.spec.Meta.watches).toBe('workers')
  })

  it('is not begun where there is no place for as many again', async () => {
    world.nomad.full = true
    expect(await world.release('0.2.0', 'blue-green')).toBe(false)
    expect(running()).toEqual(BEFORE.toSorted())
    expect(world.said.join('\n')).toContain('there is no place for g of workers-green')
  })
})

describe('everything is as it was before', () => {
  it.each(STRATEGIES)('when a %s release does not become healthy', async (strategy) => {
    expect(await world.release('0.2.0', strategy, 'mode = "sick"')).toBe(false)
    expect(running()).toEqual(BEFORE.toSorted())
    expect(world.kept?.outcome).toBe('taken back')
    expect(world.said.join('\n')).toContain('Failed due to progress deadline: going back')
  })

  it.each(STRATEGIES)('when jobs of a %s release end by faults', async (strategy) => {
    expect(await world.release('0.2.0', strategy, 'mode = "wrong"')).toBe(false)
    expect(running()).toEqual(BEFORE.toSorted())
    expect(changes()).not.toContain('promote api')
    expect(world.said.join('\n')).toMatch(/worse than before: \d+\.0 % end by a fault of ours, were 0\.0 %/)
  })

  it('and the workers go back one by one, too', async () => {
    await world.release('0.2.0', 'rolling', 'mode = "sick"', ['workers'])
    expect(changes()).toEqual(['workers 0.2.0 1/0x4', 'workers 0.1.0 1/0x4', 'workers 0.1.0 0/0x4'])
  })

  it('when migrations fail: nothing else is begun', async () => {
    expect(await world.release('0.2.0', 'rolling', 'migrate_mode = "failing"')).toBe(false)
    expect(changes()).toEqual(['migrate 0.2.0 1/0x1'])
    expect(running()).toEqual(BEFORE.toSorted())
  })
})

describe('a release whose process dies', () => {
  it('goes on where it was, wherever that is', async () => {
    let crashes = 0
    for (let crashAt = 0; crashes === crashAt; crashAt += 1) {
      await world.nomad.stop()
      world = new ReleaseWorld()
      await world.start()
      world.crashAt = crashAt
      const dies = await world.release('0.2.0', 'canary').catch((error: unknown) => error)
      world.revive()
      if (dies instanceof Crash) {
        crashes += 1
        expect(await world.apply(world.site('0.2.0')).run()).toBe(true)
      }
      expect(world.kept?.outcome).toBe('released')
      expect(running().filter((line) => !line.includes(' 0.2.0 '))).toEqual([])
      expect(running()).toHaveLength(3)
    }
    expect(crashes).toBeGreaterThan(8)
  }, 60_000)

  it('on its way back goes on going back', async () => {
    world.crashAt = 5
    await world.release('0.2.0', 'rolling').catch(() => {})
    expect(running()).not.toEqual(BEFORE.toSorted())
    world.crashAt = 6
    await expect(world.apply(world.site('0.2.0')).back()).rejects.toThrow(Crash)
    world.revive()
    await world.apply(world.site('0.2.0')).back()
    expect(running()).toEqual(BEFORE.toSorted())
  })

  it('is not gone on with as another one', async () => {
    world.crashAt = 4
    await world.release('0.2.0', 'rolling').catch(() => {})
    const kept = world.kept
    if (!kept) throw new Error('nothing was kept')
    expect(isSame(kept, kept)).toBe(true)
    for (const other of [{ to: '0.3.0' }, { strategy: 'canary' as const }, { inputs: 'other' }, { only: [] }])
      expect(() => isSame(kept, { ...kept, ...other })).toThrow(ReleaseUnderWayError)
    expect(isSame({ ...kept, outcome: 'released' }, kept)).toBe(false)
  })
})

it('a way back that does not come to a good end says so, and is known to be under way', async () => {
  await world.release('0.2.0', 'rolling', '', ['migrate'])
  const before = world.nomad.jobs.get('api')
  if (!before || !world.kept) throw new Error('there is no api')
  const sick = { ...before.spec, Meta: { version: '0.1.0', mode: 'sick' } }
  world.kept = { ...world.kept, only: ['api'], progress: { 'api-roll': { state: 'begun' } }, before: { api: sick } }
  await expect(world.apply(world.site('0.2.0')).back()).rejects.toThrow(ReleaseFailedError)
  expect(world.kept.outcome).toBe('going back')
})
