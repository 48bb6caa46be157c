import { expect, it } from 'vitest'
import { noticeSecretOf, webhookRules } from '../../../../infra/webhooks/config-rules.ts'

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

it('wants an address for operators that is called, and a secret with it', () => {
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
  const about = (url: string, allow = '') =>
    problemsOf({ WEBHOOK_NOTICE_URL: url, WEBHOOK_NOTICE_SECRET: secret, WEBHOOK_ALLOW: allow })
  expect(about('https://ops.example/hook')).toEqual([])
  expect(about('http://10.0.0.7:8080/hook', 'http://10.0.0.7:8080')).toEqual([])
  expect(about('http://10.0.0.7:8080/hook').join()).toContain('SCHEME_REFUSED')
  expect(about('https://10.0.0.7/hook').join()).toContain('ADDRESS_REFUSED')
  const [problem] = problemsOf({ WEBHOOK_NOTICE_URL: 'https://ops.example/hook' })
  expect(problem).toContain('belong together')
  expect(noticeSecretOf(secret)).toBe(secret)
  for (const text of ['', 'whsec_', 'whsec_short', secret.slice(6), `${secret} `])
    expect(() => noticeSecretOf(text)).toThrow()
})
