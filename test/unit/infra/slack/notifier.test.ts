import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lasting } from '../../../../infra/runtime/secrets.ts'
import { noNotifier, openSlackNotifier, type SlackNotifier } from '../../../../infra/slack/notifier.ts'
import { SlackServer } from '../../../fakes/slack-server.ts'
import { aNotice } from '../../../fixtures/notices.ts'
import { silence } from '../../../fixtures/silence.ts'

const MINUTE = 60_000

/** As long as a busy machine may need. */
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000 })

let slack: SlackServer
let apiUrl: string
let notifier: SlackNotifier
let now: number
let token: string

beforeEach(async () => {
  now = Date.now()
  slack = new SlackServer()
  apiUrl = await slack.start()
  token = slack.token
  const options = { token: { ...lasting(''), now: () => token }, channel: 'C0123', apiUrl, paceMs: 0, backOffMs: 2 }
  notifier = openSlackNotifier(options, { clock: { now: () => now }, log: silence().log, random: () => 0.5 })
})
afterEach(async () => {
  await notifier.close()
  await slack.stop()
})

const told = () => eventually(() => expect(notifier.waitingCount()).toBe(0))
const methods = () => slack.calls.map(({ method }) => method)
const headlines = () => [...slack.messages.values()].map(({ text = '' }) => text.split('\n')[0])

describe('openSlackNotifier', () => {
  it('posts a notice, and brings its message up to date', async () => {
    notifier.tell(aNotice({ lines: ['one'] }))
    await told()
    notifier.tell(aNotice({ lines: ['two'] }))
    await told()
    expect(methods()).toEqual(['chat.postMessage', 'chat.update'])
    expect(headlines()).toEqual(['two'])
    expect(slack.calls[0]).toMatchObject({ token: slack.token, args: { channel: 'C0123' } })
  })

  it('begins a new message for another key, and for one that has left the screen', async () => {
    notifier.tell(aNotice())
    await told()
    notifier.tell(aNotice({ key: 'other' }))
    await told()
    now += 61 * MINUTE
    notifier.tell(aNotice({ at: now }))
    await told()
    expect(methods()).toEqual(['chat.postMessage', 'chat.postMessage', 'chat.postMessage'])
  })

  it('begins a new message where the old one was deleted', async () => {
    notifier.tell(aNotice())
    await told()
    slack.messages.clear()
    notifier.tell(aNotice({ lines: ['again'] }))
    await told()
    expect(methods()).toEqual(['chat.postMessage', 'chat.update', 'chat.postMessage'])
    expect(headlines()).toEqual(['again'])
  })

  it('waits as long as Slack asks for, and then tells the newest only', async () => {
    slack.troubles.push({ retryAfter: 1 })
    notifier.tell(aNotice({ lines: ['old'] }))
    await eventually(() => expect(slack.calls).toHaveLength(1))
    for (const line of ['newer', 'newest']) notifier.tell(aNotice({ lines: [line] }))
    await eventually(() => expect(notifier.waitingCount()).toBe(0))
    expect(slack.calls).toHaveLength(2)
    expect(headlines()).toEqual(['newest'])
  })

  it.each([
    ['answers 500', { status: 500 }],
    ['answers 429 and does not say for how long', { status: 429 }],
    ['says that it is not in the channel', { error: 'not_in_channel' }],
    ['says that it is broken', { error: 'fatal_error' }],
  ])('tries again when Slack %s', async (_, trouble) => {
    slack.troubles.push(trouble, trouble)
    notifier.tell(aNotice())
    await told()
    expect(methods()).toEqual(['chat.postMessage', 'chat.postMessage', 'chat.postMessage'])
    expect(slack.messages.size).toBe(1)
  })

  it('gives up what Slack will never take, and goes on', async () => {
    slack.troubles.push({ error: 'invalid_blocks' })
    notifier.tell(aNotice({ key: 'a', lines: ['bad'] }))
    notifier.tell(aNotice({ key: 'b', lines: ['good'] }))
    await told()
    expect(headlines()).toEqual(['good'])
  })

  it('goes on with the token as it is now', async () => {
    token = 'xoxb-revoked'
    notifier.tell(aNotice())
    await eventually(() => expect(slack.calls[0]).toMatchObject({ token: 'xoxb-revoked' }))
    token = slack.token
    await told()
    expect(slack.messages.size).toBe(1)
  })

  it('does not flood the channel after an outage of an hour', async () => {
    slack.outage = { status: 503 }
    notifier.tell(aNotice({ key: 'scaled:0', at: now }))
    await eventually(() => expect(slack.calls.length).toBeGreaterThan(1))
    for (let minute = 0; minute < 60; minute += 1) {
      notifier.tell(aNotice({ key: `scaled:${minute}`, at: now }))
      notifier.tell(aNotice({ key: 'load', kind: 'digest', at: now, lines: [`minute ${minute}`] }))
      if (minute === 5) notifier.tell(aNotice({ key: 'nomad', kind: 'alert', at: now, lines: ['nomad is away'] }))
      now += MINUTE
    }
    // One that was under way before all this may still be answered.
    const calledCount = slack.calls.length
    await eventually(() => expect(slack.calls.length).toBeGreaterThan(calledCount))
    slack.outage = undefined
    await eventually(() => expect(slack.messages.size).toBeGreaterThan(0))
    await told()
    const texts = headlines()
    expect(texts).toContain('Alert: nomad is away')
    expect(texts).toContain('minute 59')
    expect(texts.filter((text) => text?.includes('were not told'))).toEqual([
      '45 notices were not told while Slack was away',
    ])
    expect(texts).toHaveLength(18)
  })

  it('never holds more than 200 notices', () => {
    slack.outage = { status: 503 }
    for (let index = 0; index < 1_000; index += 1) notifier.tell(aNotice({ key: `key:${index}` }))
    expect(notifier.waitingCount()).toBe(200)
  })

  it('ends while Slack does not answer', async () => {
    slack.outage = { retryAfter: 3600 }
    notifier.tell(aNotice())
    await eventually(() => expect(slack.calls).toHaveLength(1))
    await notifier.close()
    notifier.tell(aNotice({ key: 'late' }))
    expect(slack.calls).toHaveLength(1)
  })
})

it('says nothing where no token is set', async () => {
  noNotifier.tell(aNotice())
  expect(noNotifier.waitingCount()).toBe(0)
  await noNotifier.close()
})
