import { once } from 'node:events'
import { type ChannelModel, connect } from 'amqplib'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { closeChannel } from '../../../../infra/rabbitmq/closing.ts'
import { type LinkOptions, openLink } from '../../../../infra/rabbitmq/link.ts'
import { type BrokerWire, startBrokerWire } from '../../../fakes/broker-wire.ts'
import { silence } from '../../../fixtures/silence.ts'

const WAIT = { timeout: 30_000, interval: 20 }

let wire: BrokerWire
const ends: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  wire = await startBrokerWire(process.env.RABBITMQ_URL as string)
  ends.push(() => wire.close())
})
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

const open = async (setUp: LinkOptions['setUp'], setUpLimitMs = 60_000) => {
  const link = await openLink({ url: wire.url, name: 'test', setUp, setUpLimitMs, ...silence() })
  ends.push(() => link.close())
  return link
}

it('cuts a connection on which channels are not answered, and makes another', async () => {
  wire.set('mute channels')
  let tries = 0
  const link = await open(async (model) => {
    tries += 1
    if (tries === 2) wire.set('none')
    await model.createChannel()
  }, 1_000)
  expect(link.connected()).toBe(true)
  expect(tries).toBeGreaterThanOrEqual(2)
})

it('tries again when a set-up fails and the connection breaks before the broker has answered its close', async () => {
  wire.set('break at close')
  let tries = 0
  const link = await open(async () => {
    tries += 1
    if (tries === 1) throw new Error('the broker is not ready for us')
  })
  expect(link.connected()).toBe(true)
})

it('does not take a connection for open that has ended while it was being set up', async () => {
  let tries = 0
  const link = await open(async (model) => {
    tries += 1
    if (tries > 1) return
    const ended = once(model, 'close')
    wire.cut()
    // Not told to the link: what was set up thinks it can do without.
    await ended.catch(() => {})
  })
  await expect(link.model()?.createChannel()).resolves.toBeDefined()
  expect(tries).toBe(2)
})

it('does not wait for the rest of a set-up whose connection has ended', async () => {
  let tries = 0
  const link = await open(async () => {
    tries += 1
    if (tries > 1) return
    wire.cut()
    await new Promise(() => {})
  })
  expect(link.connected()).toBe(true)
})

it('is closed also when the connection breaks before the broker has answered', async () => {
  const link = await open(async () => {})
  wire.set('break at close')
  await link.close()
  expect(link.connected()).toBe(false)
})

it('closes a connection that is being set up', async () => {
  const models: ChannelModel[] = []
  const link = await open(async (model) => {
    models.push(model)
    if (models.length > 1) await new Promise(() => {})
  })
  link.reset('the test wants another')
  await vi.waitFor(() => expect(models).toHaveLength(2), WAIT)
  await link.close()
  await expect(models[1]?.createChannel()).rejects.toThrow()
})

it('lets go of a channel whose connection breaks before the broker has answered its close', async () => {
  const model = await connect(wire.url)
  model.on('error', () => {})
  const channel = await model.createChannel()
  wire.set('break at close')
  await closeChannel(channel)
  await expect(channel.checkQueue('any')).rejects.toThrow()
})
