import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { until } from '../worker/node/a-node.ts'
import { anAllocation, anEngine, leavesNothing } from './open-allocations.ts'

describe('an engine that does not answer', () => {
  it.each(['down', 'hang'] as const)('(%s) at the start ends the task with a code of its own', async (state) => {
    const engine = anEngine()
    engine.is(state)
    const allocation = await anAllocation(engine)
    expect(await allocation.ended).toBe(69)
    expect(allocation.output).toContain('the docker engine does not answer')
    engine.is('up')
    await leavesNothing(engine, allocation)
  })

  it('to one question alone costs no worker that runs', async () => {
    const engine = anEngine()
    const [bin, asked] = [join(engine.dir, 'bin'), join(engine.dir, 'asked')]
    mkdirSync(bin)
    const next = `PATH="\${PATH#*:}" exec docker "$@"`
    const script = `#!/bin/sh\ncase "$*" in *status=created*) echo >>'${asked}'; exit 1 ;; esac\n${next}\n`
    writeFileSync(join(bin, 'docker'), script, { mode: 0o755 })
    const allocation = await anAllocation(engine, {
      ...{ WORKERS_COUNT: '1', WORKERS_LOOK_MS: '200' },
      PATH: `${bin}:${engine.env.PATH}`,
    })
    await until('it was asked again', () => existsSync(asked) && readFileSync(asked, 'utf8').length > 1)
    await engine.healthy(1)
    expect(allocation.output).not.toContain('no worker runs any more')
    expect(await allocation.stop()).toBe(0)
    await leavesNothing(engine, allocation)
  })

  it('at the end does not hold the task up for ever; what is left is ended later', async () => {
    const engine = anEngine()
    const allocation = await anAllocation(engine, {
      WORKERS_COUNT: '1',
      WORKERS_STOP_MS: '1000',
      WORKER_GRACE_MS: '900',
    })
    await engine.healthy(1)
    engine.is('down')
    expect(await allocation.stop()).toBe(1)
    expect(allocation.output).toContain('containers are left: the engine does not answer')
    engine.is('up')
    expect(await allocation.runAgain('teardown.sh')).toBe(0)
    await leavesNothing(engine, allocation)
  })

  it('is told to whoever tears down', async () => {
    const engine = anEngine()
    engine.is('down')
    const allocation = await anAllocation(engine, {}, { script: 'teardown.sh' })
    expect(await allocation.ended).toBe(1)
  })
})

describe('a job file that cannot work', () => {
  it.each([
    ['without an allocation', { NOMAD_ALLOC_ID: '' }, 'NOMAD_ALLOC_ID is needed'],
    ['with a count that is none', { WORKERS_COUNT: 'many' }, 'WORKERS_COUNT is a whole number'],
    ['that would cut drains off', { WORKER_GRACE_MS: '8000' }, 'WORKERS_STOP_MS must be longer than WORKER_GRACE_MS'],
  ])('%s is refused before anything is started', async (_what, env, words) => {
    const engine = anEngine()
    const allocation = await anAllocation(engine, env as Record<string, string>, { id: randomUUID() })
    expect(await allocation.ended).toBe(78)
    expect(allocation.output).toContain(words)
    expect(engine.containers()).toEqual([])
  })
})
