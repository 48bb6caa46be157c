import { type ChannelModel, connect } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { watch } from '../../../../infra/rabbitmq/closing.ts'
import { createTurns } from '../../../../infra/rabbitmq/dead-letter-turn.ts'
import { createDeadLetters, toDeadLetter } from '../../../../infra/rabbitmq/dead-letters.ts'
import { setUpBroker } from '../../../../infra/rabbitmq/set-up.ts'
import { DEAD_EXCHANGE, DEAD_QUEUE } from '../../../../infra/rabbitmq/topology.ts'
import { describeDeadLetters } from '../../../contract/dead-letters.ts'
import { aMessage } from '../../../contract/job-queue.ts'
import { eventually } from '../../../fixtures/eventually.ts'

const url = process.env.RABBITMQ_URL as string
let model: ChannelModel
beforeAll(async () => {
  await setUpBroker(url, ['ocr'])
  model = await connect(url)
})
afterAll(() => model.close())

const open = async () => {
  const channel = await model.createConfirmChannel()
  await channel.purgeQueue(DEAD_QUEUE)
  const publish = async (body: Buffer, headers: Record<string, unknown>) => {
    channel.publish(DEAD_EXCHANGE, '', body, { headers, persistent: true })
    await channel.waitForConfirms()
  }
  return { publish, deadLetters: createDeadLetters(() => model) }
}

describeDeadLetters('RabbitMQ', async () => {
  const { publish, deadLetters } = await open()
  const kill = (id: string, reason?: string) =>
    publish(Buffer.from(JSON.stringify(aMessage({ id, tenant: 'acme', task: 'ocr' }))), {
      'x-muster-reason': reason,
      'x-muster-at': new Date().toISOString(),
    })
  return { deadLetters, kill }
})

it('keeps letters where a broker limits how often they may be handed back', async () => {
  const { publish, deadLetters } = await open()
  await publish(Buffer.from('junk'), { 'x-muster-reason': 'unreadable', 'x-muster-pool': 'ocr' })
  const countsOf = async (): Promise<number> => {
    const channel = await model.createChannel()
    const message = await channel.get(DEAD_QUEUE)
    await channel.close()
    return message === false ? -1 : Number(message.properties.headers?.['x-delivery-count'] ?? 0)
  }
  for (let round = 0; round < 30; round += 1) {
    expect(await deadLetters.list(10)).toMatchObject([{ reason: 'unreadable', pool: 'ocr', job: undefined }])
    expect(await countsOf()).toBeLessThan(15)
  }
})

describe('two processes', () => {
  /** Those of two connections. */
  const two = async () => {
    const { publish, deadLetters } = await open()
    for (let count = 0; count < 3; count += 1)
      await publish(Buffer.from(`junk ${count}`), { 'x-muster-reason': 'unreadable' })
    const other = await connect(url)
    other.on('error', () => {})
    const watched = watch(other)
    onTestFinished(() => watched.end())
    return { deadLetters, others: createDeadLetters(() => other), cut: () => watched.cut('gone') }
  }

  it('see and count all letters, also while the other one looks', async () => {
    const { deadLetters, others } = await two()
    const rounds = Array.from({ length: 4 }, () => [
      deadLetters.list(10).then((letters) => letters.length),
      others.count(),
      others.list(10).then((letters) => letters.length),
      deadLetters.count(),
    ])
    expect(new Set(await Promise.all(rounds.flat()))).toEqual(new Set([3]))
  })

  it('wait for one that has them in hand', async () => {
    const { deadLetters, others } = await two()
    const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const settled = deadLetters.settle(10, async () => {
      begun.resolve()
      await over.promise
      return 'keep'
    })
    await begun.promise
    const counted = others.count()
    over.resolve()
    // Those in hand are none that the broker would count.
    expect([await counted, await settled]).toEqual([3, 0])
  })

  it('do not wait for one that is gone, and say so where one does not come to an end', async () => {
    const { others, cut, deadLetters } = await two()
    const endless = others.settle(10, () => new Promise(() => {}))
    endless.catch(() => {})
    const impatient = createDeadLetters(() => model, { inTurn: createTurns(1) })
    await eventually(() => expect(impatient.count()).rejects.toBeInstanceOf(UnavailableError))
    cut()
    await eventually(async () => expect(await deadLetters.count()).toBe(3))
  })
})

it('does not wait for the end of an alarm that came meanwhile', async () => {
  const { publish } = await open()
  await publish(Buffer.from('junk'), { 'x-muster-reason': 'unreadable' })
  const own = await connect(url)
  onTestFinished(() => own.close())
  const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const deadLetters = createDeadLetters(() => own)
  const settled = deadLetters.settle(10, async () => {
    begun.resolve()
    await over.promise
    return 'keep'
  })
  settled.catch(() => {})
  await begun.promise
  own.emit('blocked', 'low on memory')
  await expect(settled).rejects.toBeInstanceOf(UnavailableError)
  over.resolve()
  // Nobody has the turn for good.
  expect(await deadLetters.count()).toBe(1)
})

it('reads what the broker itself gave up', () => {
  const headers = {
    'x-death': [{ queue: 'ocr.bulk', reason: 'delivery_limit', time: { '!': 'timestamp', value: 12 } }],
  }
  const letter = toDeadLetter({ content: Buffer.from('{}'), properties: { headers } as never })
  expect(letter).toMatchObject({ reason: 'undelivered', pool: 'ocr', diedAt: 12_000 })
  expect(letter.id).toMatch(/^x-[0-9a-f]{12}$/)
})

it('says that the broker is away', async () => {
  await expect(createDeadLetters(() => undefined).count()).rejects.toBeInstanceOf(UnavailableError)
})
