import Type from 'typebox'
import { describe, expect, it } from 'vitest'
import { ConfigError, loadConfig } from '../../../../infra/runtime/config.ts'
import { peopleOf, slackRule, slackVariables } from '../../../../infra/slack/config.ts'

const schema = Type.Object(slackVariables)
const load = (env: Record<string, string>) => loadConfig(schema, env, [slackRule])

describe('slackVariables', () => {
  it('are off unless they are set', () => {
    expect(load({})).toEqual({ SLACK_API_URL: 'https://slack.com/api/' })
  })

  it('take what Slack gives out', () => {
    const env = {
      SLACK_BOT_TOKEN: 'xoxb-123-456-abcDEF',
      SLACK_CHANNEL: 'C0123ABCD',
      SLACK_SIGNING_SECRET: '8f742231b10e8888abcd99yyyzzz85a5',
      SLACK_APP_TOKEN: 'xapp-1-A012-34-abcdef',
      SLACK_OPERATORS: 'U0123ABCD, W0123ABCD',
    }
    expect(load(env)).toMatchObject(env)
  })

  it.each([
    ['a token without a channel', { SLACK_BOT_TOKEN: 'xoxb-1' }],
    ['a channel without a token', { SLACK_CHANNEL: 'C0123' }],
    ['the name of a channel', { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_CHANNEL: '#fleet' }],
    ['tokens in the wrong place', { SLACK_APP_TOKEN: 'xoxb-1' }],
    ['names of people', { SLACK_OPERATORS: 'ada, bob' }],
  ])('refuse %s', (_, env) => {
    expect(() => load(env)).toThrow(ConfigError)
  })
})

it('reads a list of people', () => {
  expect([...peopleOf(' U01, U02\nW03,'), ...peopleOf(undefined)]).toEqual(['U01', 'U02', 'W03'])
})
