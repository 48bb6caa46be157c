import { randomUUID } from 'node:crypto'
import { afterEach, expect, it } from 'vitest'
import { signatureOf } from '../../../infra/slack/signature.ts'
import { SlackServer } from '../../fakes/slack-server.ts'
import { type AutoscalerProcess, aSite, eventually } from './an-autoscaler.ts'

const OPERATOR = 'U0OPERATOR'
const SIGNING_SECRET = 'a-signing-secret-of-slack'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** A site with a process that speaks with Slack in every way there is. */
const aSiteWithSlack = async () => {
  const site = await aSite(ends)
  const slack = new SlackServer()
  const apiUrl = await slack.start()
  ends.push(() => slack.stop())
  const running = await site.start({
    SLACK_BOT_TOKEN: slack.token,
    SLACK_CHANNEL: 'C0FLEET',
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_SIGNING_SECRET: SIGNING_SECRET,
    SLACK_OPERATORS: OPERATOR,
    SLACK_API_URL: apiUrl,
  })
  await eventually(() => running.log().includes('autoscaler listens'))
  const countNow = () => site.job.groups.get(site.pool)?.count ?? 0
  const texts = () => [...slack.messages.values()].map(({ text = '' }) => text)
  return { ...site, slack, running, countNow, texts }
}

const envelope = (type: 'slash_commands' | 'interactive', payload: object) => ({
  ...{ type, envelope_id: randomUUID(), accepts_response_payload: true },
  payload: { trigger_id: randomUUID(), ...payload },
})
const said = (user: string, text: string) => envelope('slash_commands', { user_id: user, text })

/** Say it over HTTP, as Slack does where the site can be reached. */
const post = async ({ log }: AutoscalerProcess, text: string) => {
  const port = /"port":(\d+)/.exec(log())?.[1]
  const body = new URLSearchParams({ user_id: OPERATOR, trigger_id: randomUUID(), text }).toString()
  const timestamp = String(Math.floor(Date.now() / 1000))
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signatureOf(SIGNING_SECRET, timestamp, Buffer.from(body)),
  }
  const response = await fetch(`http://127.0.0.1:${port}/v1/slack/commands`, { method: 'POST', headers, body })
  return { status: response.status, text: await response.text() }
}

it('tells what it did, and does what is said and pressed in Slack', async () => {
  const { pool, slack, running, countNow, texts } = await aSiteWithSlack()
  await eventually(() => texts().some((text) => text.startsWith(`${pool}: 2 -&gt; `)))
  await eventually(() => slack.socketCount === 1)

  slack.deliver(said('U0STRANGER', `pin ${pool} 1 because I can`))
  await eventually(() => slack.acks.length === 1)
  expect(slack.acks[0]?.payload?.text).toContain('this needs the role operator')

  slack.deliver(said(OPERATOR, `pin ${pool} 3 because the night is quiet`))
  await eventually(() => countNow() === 3)
  await eventually(() => slack.acks.length === 2)
  expect(slack.acks[1]?.payload?.text).toContain('pin 3 by slack:U0OPERATOR')
  await eventually(() => texts().some((text) => text.includes('the night is quiet')))

  const answer = await post(running, `pin ${pool} 4 because over HTTP`)
  expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('replaces pin 3') })
  await eventually(() => countNow() === 4)
  expect((await post(running, 'status')).text).toContain(`${pool}: `)

  await eventually(() => texts().some((text) => text.startsWith(`${pool}: 3 -&gt; 4 nodes`)))
  const message = [...slack.messages.values()].find(({ text }) => text?.startsWith(`${pool}: 3 -&gt; 4`))
  const [undo] = (JSON.parse(message?.blocks ?? '[]') as { elements?: { action_id: string; value: string }[] }[])
    .flatMap(({ elements = [] }) => elements)
    .filter(({ action_id }) => action_id === 'muster.undo')
  slack.deliver(envelope('interactive', { type: 'block_actions', user: { id: OPERATOR }, actions: [undo] }))
  await eventually(() => countNow() === 3)
})

it('scales on while Slack is away, and tells the newest when it is back', async () => {
  const { pool, slack, running, countNow, texts } = await aSiteWithSlack()
  slack.outage = { retryAfter: 1 }
  for (const count of [5, 6, 7]) {
    await post(running, `pin ${pool} ${count} because Slack is away`)
    await eventually(() => countNow() === count)
  }
  slack.outage = undefined
  await eventually(() => texts().some((text) => text.startsWith(`${pool}: 6 -&gt; 7 nodes`)))
  // One message an hour; the hour may have changed meanwhile.
  const changes = texts().filter((text) => text.startsWith(`${pool}: `) && text.includes('-&gt;'))
  expect(changes.length).toBeLessThanOrEqual(2)
})
