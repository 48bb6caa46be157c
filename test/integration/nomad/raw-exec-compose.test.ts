import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isAlive, until } from '../worker/node/a-node.ts'
import type { AnAllocation } from './an-allocation.ts'
import { anAllocation, anEngine, leavesNothing } from './open-allocations.ts'

const gateOf = ({ env }: AnAllocation) => fetch(`http://127.0.0.1:${env.NOMAD_PORT_admin}/readyz`)

describe('the workers of an allocation in containers', () => {
  it('start, are well one by one, and answer together for Nomad’s check', async () => {
    const engine = anEngine()
    const allocation = await anAllocation(engine, { WORKERS_COUNT: '3' })
    const workers = await engine.healthy(3)
    expect(new Set(workers.map(({ pid }) => pid)).size).toBe(3)
    const answer = await until('the gate opens', async () => {
      const response = await gateOf(allocation).catch(() => undefined)
      return response?.status === 200 && response
    })
    expect(await answer.json()).toMatchObject({ wanted: 3, ready: 3 })
    expect(await allocation.stop()).toBe(0)
    await leavesNothing(engine, allocation)
  })

  it('drain when the task is told to stop: each finishes what it has, and the task ends with 0', async () => {
    const engine = anEngine()
    // Longer than nothing, so that it shows when somebody cuts it off.
    const allocation = await anAllocation(engine, { WORKER_TASK_MODULE: 'drains=1500' })
    await engine.healthy(2)
    expect(await allocation.stop()).toBe(0)
    expect(allocation.events('drained')).toHaveLength(2)
    expect(allocation.events('told-again')).toEqual([])
    await leavesNothing(engine, allocation)
  })

  it('drain by SIGINT too, which a job in the background of a shell would not hear', async () => {
    const engine = anEngine()
    const allocation = await anAllocation(engine, { WORKER_TASK_MODULE: 'drains=300' })
    await engine.healthy(2)
    expect(await allocation.stop('SIGINT')).toBe(0)
    expect(allocation.events('drained')).toHaveLength(2)
    await leavesNothing(engine, allocation)
  })

  it('drain once, however many signals come', async () => {
    const engine = anEngine()
    const allocation = await anAllocation(engine, { WORKER_TASK_MODULE: 'drains=1000' })
    await engine.healthy(2)
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) {
      allocation.process.kill(signal)
      await until('they drain', () => allocation.events('draining').length === 2)
    }
    expect(await allocation.ended).toBe(0)
    expect(allocation.events('drained')).toHaveLength(2)
    expect(allocation.events('told-again')).toEqual([])
    await leavesNothing(engine, allocation)
  })

  it('that do not drain are killed when their time is over, and the task’s exit code says so', async () => {
    const engine = anEngine()
    const env = { WORKERS_COUNT: '1', WORKER_TASK_MODULE: 'stubborn', WORKERS_STOP_MS: '1000', WORKER_GRACE_MS: '900' }
    const allocation = await anAllocation(engine, env)
    await engine.healthy(1)
    expect(await allocation.stop()).toBe(1)
    expect(allocation.output).toContain('a worker ended with 137')
    await leavesNothing(engine, allocation)
  })

  it('that end badly when they drain are not called well', async () => {
    const engine = anEngine()
    const allocation = await anAllocation(engine, { WORKERS_COUNT: '1', WORKER_TASK_MODULE: 'drains-badly' })
    await engine.healthy(1)
    expect(await allocation.stop()).toBe(1)
    await leavesNothing(engine, allocation)
  })
})

describe('a signal that comes early', () => {
  it('while nothing is up yet ends the task in order', async () => {
    const engine = anEngine()
    const allocation = await anAllocation(engine, { DOCKER_STAND_IN_PULL_MS: '60000' })
    await until('compose runs', () => allocation.strays().some((stray) => stray.includes('--scale')))
    expect(await allocation.stop()).toBe(0)
    expect(allocation.events('started')).toEqual([])
    await leavesNothing(engine, allocation)
  })

  it('while containers are being made leaves none of them, not even one that was made afterwards', async () => {
    const engine = anEngine()
    const allocation = await anAllocation(engine, { WORKERS_COUNT: '5', DOCKER_STAND_IN_CREATE_MS: '1500' })
    await until('the first is there', () => allocation.events('started').length > 0)
    expect(await allocation.stop()).toBe(0)
    expect(allocation.events('started').length).toBeLessThan(5)
    await leavesNothing(engine, allocation)
  })
})

describe('containers that fail', () => {
  it('again and again come back alone, and the others work on', async () => {
    const engine = anEngine()
    const allocation = await anAllocation(engine, { WORKER_TASK_MODULE: 'one-crashes' })
    const well = await engine.healthy(1)
    await until('one crashes again and again', () =>
      engine.containers('worker').some(({ startCount }) => startCount > 2),
    )
    expect(well.every(({ pid }) => isAlive(pid))).toBe(true)
    expect(allocation.process.exitCode).toBeNull()
    const gate = await until('the gate answers', () => gateOf(allocation).catch(() => undefined))
    expect(gate.status).toBe(503)
    await allocation.stop()
    await leavesNothing(engine, allocation)
  })

  it('by not answering any more are restarted alone', async () => {
    const engine = anEngine()
    const allocation = await anAllocation(engine, { WORKER_TASK_MODULE: 'one-hangs' })
    const before = await engine.healthy(2)
    writeFileSync(join(allocation.folder, 'hang'), '')
    const restarted = await until('one is restarted', () =>
      engine.containers('worker').find(({ startCount }) => startCount > 1),
    )
    expect(allocation.output).toContain(`a container does not answer and is restarted: ${restarted.id}`)
    const [other] = before.filter(({ id }) => id !== restarted.id)
    expect(engine.containers('worker').find(({ id }) => id === other?.id)?.startCount).toBe(1)
    await allocation.stop()
    await leavesNothing(engine, allocation)
  })

  it('by ending are not taken for some that do not answer, though the engine calls them unhealthy', async () => {
    const engine = anEngine()
    const allocation = await anAllocation(engine, { WORKER_TASK_MODULE: 'one-hangs' })
    const [ended, other] = await engine.healthy(2)
    process.kill(Number(ended?.pid), 'SIGTERM')
    const seen = (id: string | undefined) => engine.containers('worker').find((one) => one.id === id)
    await until('one has ended', () => seen(ended?.id)?.health === 'unhealthy')
    writeFileSync(join(allocation.folder, 'hang'), '')
    await until('the other is restarted', () => (seen(other?.id)?.startCount ?? 0) > 1)
    expect(seen(ended?.id)).toMatchObject({ status: 'exited', startCount: 1 })
    await allocation.stop()
    await leavesNothing(engine, allocation)
  })

  it('and are not to come back end the task with their code', async () => {
    const engine = anEngine()
    const allocation = await anAllocation(engine, { WORKERS_COUNT: '1' })
    const workers = await engine.healthy(1)
    for (const { pid } of workers) process.kill(pid, 'SIGTERM')
    expect(await allocation.ended).toBe(0)
    expect(allocation.output).toContain('no worker runs any more, the worst ended with 0')
    await leavesNothing(engine, allocation)
  })
})

describe('what outlives the task', () => {
  it('when it was killed is ended by the next start of the same allocation, in order', async () => {
    const engine = anEngine()
    const killed = await anAllocation(engine, { WORKER_TASK_MODULE: 'drains=500' })
    const before = await engine.healthy(2)
    await killed.kill()
    expect(engine.containers('worker').every(({ pid }) => isAlive(pid))).toBe(true)
    const next = await anAllocation(engine, {}, { id: killed.id })
    await until('others run', () => {
      const now = engine.containers('worker')
      return (
        now.length === 2 && now.every(({ id, health }) => health === 'healthy' && !before.some((one) => one.id === id))
      )
    })
    expect(killed.events('drained')).toHaveLength(2)
    expect(next.output).toContain('containers of an earlier start are there')
    expect(await next.stop()).toBe(0)
    await leavesNothing(engine, killed)
  })

  it('is ended by the task that Nomad runs afterwards, which has nothing to do otherwise', async () => {
    const engine = anEngine()
    const killed = await anAllocation(engine, { WORKER_TASK_MODULE: 'drains=500' })
    await engine.healthy(2)
    await killed.kill()
    expect(await killed.runAgain('teardown.sh')).toBe(0)
    expect(killed.events('drained')).toHaveLength(2)
    await leavesNothing(engine, killed)
    expect(await killed.runAgain('teardown.sh')).toBe(0)
  })

  it('of another allocation on the same node is left alone', async () => {
    const engine = anEngine()
    const single = { WORKERS_COUNT: '1' }
    const [one, two] = [await anAllocation(engine, single), await anAllocation(engine, single)]
    await engine.healthy(2)
    expect(await one.stop()).toBe(0)
    expect(await one.runAgain('teardown.sh')).toBe(0)
    const left = await engine.healthy(1)
    expect(left.every(({ pid }) => isAlive(pid))).toBe(true)
    expect(await two.stop()).toBe(0)
    await leavesNothing(engine, two)
  })

  it('when only compose was killed, and its plugin went on, is attached to again', async () => {
    const engine = anEngine()
    const allocation = await anAllocation(engine, { WORKERS_COUNT: '1' })
    const before = await engine.healthy(1)
    const parent = allocation.strays().find((stray) => /docker\.ts compose .* up /.test(stray))
    process.kill(Number(parent?.split(' ')[0]), 'SIGKILL')
    await until('it is attached again', () => allocation.output.includes('it is attached again'))
    expect(engine.containers('worker').map(({ id, startCount }) => [id, startCount])).toEqual(
      before.map(({ id }) => [id, 1]),
    )
    expect(await allocation.stop()).toBe(0)
    await leavesNothing(engine, allocation)
  })
})
