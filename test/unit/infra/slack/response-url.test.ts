import { afterEach, beforeEach, expect, it } from 'vitest'
import { answerOf } from '../../../../infra/slack/message.ts'
import { createRespond } from '../../../../infra/slack/response-url.ts'
import { SlackServer } from '../../../fakes/slack-server.ts'

const answer = answerOf({ lines: ['done'] })
let slack: SlackServer
let apiUrl: string
beforeEach(async () => {
  slack = new SlackServer()
  apiUrl = await slack.start()
})
afterEach(() => slack.stop())

it('answers at the address that came with the request', async () => {
  expect(await createRespond(apiUrl)(`${slack.origin}/commands/1/2`, answer)).toBe(true)
  expect(slack.answers).toEqual([{ path: '/commands/1/2', body: answer }])
})

it('calls nobody but Slack', async () => {
  const respond = createRespond('https://slack.com/api/')
  const urls = [
    `${slack.origin}/x`,
    'http://hooks.slack.com/x',
    'https://hooks.slack.com.example.org/x',
    'https://hooks.slack.com@127.0.0.1/x',
    'http://169.254.169.254/latest',
    'file:///etc/passwd',
    'nonsense',
    undefined,
  ]
  expect(await Promise.all(urls.map((url) => respond(url, answer)))).toEqual(urls.map(() => false))
  expect(slack.answers).toEqual([])
})

it('says that an answer could not be said', async () => {
  const respond = createRespond(apiUrl)
  const { origin } = slack
  await slack.stop()
  expect(await respond(`${origin}/x`, answer)).toBe(false)
  await slack.start()
})
