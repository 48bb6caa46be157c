import { createServer, connect as dial, type Socket } from 'node:net'
import { connect } from 'amqplib'
import { expect, it, onTestFinished } from 'vitest'
import { createTurns } from '../../../../infra/rabbitmq/dead-letter-turn.ts'
import { createDeadLetters } from '../../../../infra/rabbitmq/dead-letters.ts'
import { openJobQueue } from '../../../../infra/rabbitmq/job-queue.ts'
import { setUpBroker } from '../../../../infra/rabbitmq/set-up.ts'
import { aMessage } from '../../../contract/job-queue.ts'
import { eventually } from '../../../fixtures/eventually.ts'
import { silence } from '../../../fixtures/silence.ts'

/**
 * A broker in an alarm, as its clients see it: of a connection that publishes it reads nothing more. Which one that is
 * they say themselves when they open it.
 */
const alarmingBroker = async (url: string) => {
  const broker = new URL(url)
  const [port, host] = [Number(broker.port || 5672), broker.hostname]
  const publishing: Socket[] = []
  const server = createServer((client) => {
    const inner = dial(port, host)
    for (const one of [client, inner]) one.on('error', () => {})
    client.on('data', (bytes) => {
      if (bytes.includes('muster publish')) publishing.push(client)
      inner.write(bytes)
    })
    inner.pipe(client)
    client.on('close', () => inner.destroy())
    inner.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  broker.hostname = '127.0.0.1'
  broker.port = String((server.address() as { readonly port: number }).port)
  return {
    url: broker.href,
    alarm: () => publishing.map((client) => client.pause()).length,
    over: () => publishing.map((client) => client.resume()).length,
  }
}

const open = async () => {
  const { url, alarm, over } = await alarmingBroker(process.env.RABBITMQ_URL as string)
  await setUpBroker(process.env.RABBITMQ_URL as string, ['ocr'])
  const queue = await openJobQueue({ url, ...silence() })
  onTestFinished(() => queue.close())
  return { url, alarm, over, queue }
}

it('tells depths while the broker reads nothing of what is published', async () => {
  const { alarm, over, queue } = await open()
  const { readyCount } = await queue.depth('ocr', 'bulk')
  expect(alarm()).toBe(1)
  const published = queue.publish({ message: aMessage({ lane: 'bulk' }), pool: 'ocr' })
  expect(await queue.depth('ocr', 'bulk')).toMatchObject({ readyCount })
  expect(queue.connectedMs()).toBeGreaterThan(0)
  over()
  await published
})

it('counts dead letters meanwhile', async () => {
  const { alarm, over, queue } = await open()
  const count = await queue.deadLetters.count()
  expect(alarm()).toBe(1)
  expect(await queue.deadLetters.count()).toBe(count)
  over()
})

it('keeps nobody waiting for a turn at the dead letters, and keeps none that comes too late', async () => {
  const { url, alarm, over } = await open()
  const [model, other] = await Promise.all(
    ['muster publish', 'other'].map((connection_name) => connect(url, { clientProperties: { connection_name } })),
  )
  for (const one of [model, other]) onTestFinished(() => one?.close())
  const stuck = createDeadLetters(() => model, { inTurn: createTurns(50) })
  const letters = createDeadLetters(() => other)
  const count = await letters.count()
  expect(alarm()).toBe(2)
  const asked = await Promise.allSettled([stuck.count(), stuck.count(), stuck.list(1)])
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  over()
  await eventually(async () => expect(await stuck.count()).toBe(count))
  expect(await letters.count()).toBe(count)
})
