import { expect, it, vi } from 'vitest'
import { type LinkOptions, openLink } from '../../../../infra/rabbitmq/link.ts'
import { silence } from '../../../fixtures/silence.ts'

const WAIT = { timeout: 30_000, interval: 20 }
const open = (setUp: LinkOptions['setUp']) =>
  openLink({ url: process.env.RABBITMQ_URL as string, name: 'test', setUp, ...silence() })

it('makes a new connection when this one is given up while it is still being set up', async () => {
  const models = new Set<unknown>()
  const link = await open(async (model, reset) => {
    models.add(model)
    if (models.size === 1) reset('a channel closed before the others were open')
  })
  await vi.waitFor(() => expect(models.size).toBe(2), WAIT)
  await vi.waitFor(() => expect(link.connected()).toBe(true), WAIT)
  await link.close()
})

it('keeps its connection when an earlier one is given up late', async () => {
  const resets: ((reason: string) => void)[] = []
  const link = await open(async (_model, reset) => void resets.push(reset))
  const first = link.model()
  link.reset('the test wants another')
  await vi.waitFor(() => expect(link.model()).not.toBe(first), WAIT)
  await vi.waitFor(() => expect(link.connected()).toBe(true), WAIT)
  resets[0]?.('said too late')
  await link.model()?.createChannel()
  expect(link.connected()).toBe(true)
  await link.close()
})

it('goes to the next node of the list when one does not answer', async () => {
  const url = `amqp://127.0.0.1:1,${process.env.RABBITMQ_URL}`
  const link = await openLink({ url, name: 'test', setUp: async () => {}, ...silence() })
  expect(link.connected()).toBe(true)
  await link.close()
})

it('counts the time of its connection from the last time it was made', async () => {
  const link = await open(async () => {})
  await vi.waitFor(() => expect(link.connectedMs()).toBeGreaterThan(300), WAIT)
  const before = performance.now()
  const first = link.model()
  link.reset('the test wants another')
  await vi.waitFor(() => expect(link.model()).toBe(undefined), { ...WAIT, interval: 1 })
  expect(link.connectedMs()).toBeUndefined()
  await vi.waitFor(() => expect(link.connected()).toBe(true), WAIT)
  expect(link.model()).not.toBe(first)
  expect(link.connectedMs()).toBeLessThan(performance.now() - before)
  await link.close()
  expect(link.connectedMs()).toBeUndefined()
})
