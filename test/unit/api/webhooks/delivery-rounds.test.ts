import { afterEach, describe, expect, it } from 'vitest'
import { startDelivery } from '../../../../api/webhooks/start.ts'
import type { Called } from '../../../../infra/ports/webhook-sender.ts'
import { JOB, OK, startWorld } from '../../../fixtures/webhook-world.ts'

describe('side by side', () => {
  it('a receiver that hangs does not hold up another', async () => {
    const world = startWorld()
    const [slow, fast] = [await world.endpoint(undefined, 'https://slow.example/'), await world.endpoint()]
    const held = Promise.withResolvers<Called>()
    world.receives(({ url }) => (url === slow.url ? held.promise : OK))
    for (let i = 0; i < 300; i += 1) world.end(slow.id)
    world.end(fast.id)
    await world.delivery.round()
    await expect.poll(async () => (await world.list())[0]?.deliveredAt).not.toBeNull()
    expect(world.calls.filter(({ url }) => url === slow.url)).toHaveLength(16)
    held.resolve(OK)
    await world.delivery.settled()
  })

  it('makes no more calls at once than it has places', async () => {
    const world = startWorld()
    const held = Promise.withResolvers<Called>()
    world.receives(() => held.promise)
    for (let i = 0; i < 20; i += 1) {
      const { id } = await world.endpoint()
      for (let j = 0; j < 20; j += 1)
        world.outbox.enqueue({
          tenant: `tenant-${i}`,
          endpointId: null,
          jobId: JOB,
          type: 'check.failed',
          url: `https://h${i}.example/${id}`,
        })
    }
    await world.delivery.round()
    await world.delivery.round()
    expect(await world.delivery.round()).toBe(0)
    await expect.poll(() => world.calls.length).toBe(128)
    held.resolve(OK)
    await world.delivery.settled()
  })

  it('leaves a call whose outcome could not be kept to its lease', async () => {
    const world = startWorld()
    const { id } = await world.endpoint()
    world.end(id)
    const { settle } = world.outbox
    world.outbox.settle = async () => {
      throw new Error('the database is away')
    }
    await world.round()
    expect(await world.list()).toMatchObject([{ attempt: 1, deliveredAt: null }])
    world.outbox.settle = settle
    world.later(61_000)
    await world.round()
    expect(await world.list()).toMatchObject([{ attempt: 2, lastStatus: 200 }])
  })
})

describe('the loop', () => {
  const running: { stop(): Promise<void> }[] = []
  afterEach(() => Promise.all(running.splice(0).map((one) => one.stop())))

  it('calls what is due and what becomes due, and begins nothing after it was stopped', async () => {
    const world = startWorld()
    const { id } = await world.endpoint()
    world.end(id)
    const loop = startDelivery(world.delivery, world)
    running.push(loop)
    await expect.poll(() => world.calls.length).toBe(1)
    world.end(id)
    await expect.poll(() => world.calls.length).toBe(2)
    await loop.stop()
    world.end(id)
    expect(world.calls).toHaveLength(2)
  })

  it('empties a long queue of one receiver as fast as it answers', async () => {
    const world = startWorld()
    const { id } = await world.endpoint()
    for (let i = 0; i < 200; i += 1) world.end(id)
    running.push(startDelivery(world.delivery, world))
    await expect.poll(() => world.calls.length).toBe(200)
  })

  it('goes on after a round that failed', async () => {
    const world = startWorld()
    const { id } = await world.endpoint()
    world.end(id)
    const { due } = world.outbox
    let failures = 0
    world.outbox.due = async (limits) => {
      failures += 1
      if (failures === 1) throw new Error('the database is away')
      return due(limits)
    }
    running.push(startDelivery(world.delivery, world))
    await expect.poll(() => world.calls.length).toBe(1)
  })

  it('waits for a call under way when it is stopped', async () => {
    const world = startWorld()
    const { id } = await world.endpoint()
    world.end(id)
    const held = Promise.withResolvers<Called>()
    world.receives(() => held.promise)
    const loop = startDelivery(world.delivery, world)
    await expect.poll(() => world.calls.length).toBe(1)
    const stopped = loop.stop()
    held.resolve(OK)
    await stopped
    expect((await world.list())[0]?.deliveredAt).not.toBeNull()
  })
})
