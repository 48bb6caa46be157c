import { expect, it } from 'vitest'
import { webhookRules } from '../../../../infra/webhooks/config-rules.ts'

const problemsOf = (config: Parameters<(typeof webhookRules)[number]>[0]) =>
  webhookRules.flatMap((rule) => rule(config) ?? [])

it('has nothing against a configuration that can be used', () => {
  const key = Buffer.alloc(32, 1).toString('base64')
  expect(problemsOf({})).toEqual([])
  expect(problemsOf({ WEBHOOK_ALLOW: 'hooks.corp.example 10.0.0.0/8', WEBHOOK_SECRET_KEY: key })).toEqual([])
})

it('says which entry of the allow-list is wrong', () => {
  expect(problemsOf({ WEBHOOK_ALLOW: '10.0.0.0/8 0.0.0.0/0' })).toEqual([
    'WEBHOOK_ALLOW: "0.0.0.0/0" is too large a block: at least /8 is needed',
  ])
})

it('says how a key is made, and never the one it was given', () => {
  const [problem] = problemsOf({ WEBHOOK_SECRET_KEY: 'not-a-key-but-secret-all-the-same' })
  expect(problem).toContain('openssl rand -base64 32')
  expect(problem).not.toContain('all-the-same')
})
