import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stackFolder } from '../../../../scripts/stack/folder.ts'
import { cleanSetting } from '../../../../scripts/support-bundle/clean-config.ts'
import { cleanJsonLine, cleanServerLine, LEFT_OUT } from '../../../../scripts/support-bundle/clean-log.ts'
import { cleanMetrics } from '../../../../scripts/support-bundle/clean-metrics.ts'
import { firstIdAt } from '../../../../scripts/support-bundle/database.ts'
import { createScrubber } from '../../../../scripts/support-bundle/scrub.ts'
import { findSecrets } from '../../../../scripts/support-bundle/secrets.ts'
import { wordsOf } from '../../../../scripts/support-bundle/source-words.ts'

const scrubber = (secrets: readonly string[] = [], tenants: readonly string[] = [], withTenants = false) =>
  createScrubber({ secrets, tenants, withTenants })
const source = wordsOf(["log.info({ jobId, count: rows.length, error }, 'rows were swept')", "const state = 'queued'"])
const judge = (known: readonly string[] = []) => ({ source, known: new Set(known), scrub: scrubber() })

describe('createScrubber', () => {
  const secret = fc
    .string({ minLength: 8, maxLength: 40, unit: 'grapheme-ascii' })
    .filter((text) => /[A-Za-z0-9]{6}/.test(text))

  it('leaves no known secret in any text, in no common disguise', () => {
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        const scrub = scrubber([value])
        const disguised = [
          value,
          encodeURIComponent(value),
          JSON.stringify(value).slice(1, -1),
          btoa(value).replace(/=+$/, ''),
        ]
        for (const form of disguised) {
          const text = `${before}${form}${after}`
          expect(scrub.leaks(text)).toBe(true)
          expect(scrub.leaks(scrub(text))).toBe(false)
        }
      }),
    )
  })

  it.each([
    ['postgres://muster:geheim-1@db:5432/muster', 'postgres://[login]@db:5432/muster'],
    ['Authorization: Bearer abcdef123456', 'Authorization: Bearer [secret]'],
    ['{"apiKey":"abc123"}', '{"apiKey":"[secret]"}'],
    ['?X-Amz-Signature=deadbeef&x=1', '?X-Amz-Signature=[secret]&x=1'],
    ['password = hunter2, x', 'password = [secret], x'],
    ['muster_live_AbC123def456_xyz', '[api key]'],
    ['xoxb-123-456-abc', '[slack]'],
    ['AKIAABCDEFGHIJKLMNOP', '[cloud key]'],
    ['L898902C36UTO7408122F1204159ZE184226B<<<<<10', '[zone]'],
    ['anna@example.org wrote', '[e-mail] wrote'],
    ['a'.repeat(200), '[data]'],
    ['-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----', '[private key]'],
  ])('takes %j out', (text, clean) => {
    expect(scrubber()(text)).toBe(clean)
  })

  it('counts what it took', () => {
    const scrub = scrubber(['a-secret-value'])
    scrub('a-secret-value and a-secret-value, xoxb-1')
    expect(scrub.counts).toEqual({ 'known secret': 2, Slack: 1 })
  })

  it('knows a tenant as a whole word only', () => {
    const scrub = scrubber([], ['acme'])
    expect(scrub('acme, acme-2, "acme"')).toBe(`${scrub.tenant('acme')}, acme-2, "${scrub.tenant('acme')}"`)
    expect(scrubber([], ['acme'], true)('acme')).toBe('acme')
  })

  it('leaves words alone that are no secrets', () => {
    const text = 'sha256:ab12 job 0192a3b4-0000-7000-8000-000000000000 at node:internal/process/task_queues:105:5'
    expect(scrubber(['short'])(text)).toBe(text)
  })
})

describe('cleanJsonLine', () => {
  it.each([
    [{ msg: 'rows were swept', jobId: '0192a3b4-0000-7000-8000-000000000000', count: 3 }, undefined],
    [{ msg: 'something else' }, { msg: LEFT_OUT }],
    [
      { msg: 'rows were swept', name: 'Anna' },
      { msg: 'rows were swept', name: LEFT_OUT },
    ],
    [
      { msg: 'rows were swept', surname: 'Anna' },
      { msg: 'rows were swept', [LEFT_OUT]: LEFT_OUT },
    ],
    [{ count: { jobId: 'Anna', deeper: { surname: 1 } } }, { count: { jobId: LEFT_OUT, [LEFT_OUT]: LEFT_OUT } }],
    [{ count: ['queued', 'Anna'] }, { count: ['queued', LEFT_OUT] }],
    [{ cause: 'rows were swept' }, undefined],
  ])('makes of %j what support may see', (line, clean) => {
    expect(JSON.parse(cleanJsonLine(JSON.stringify(line), judge()))).toEqual(clean ?? line)
  })

  it('shows no word that is not of the program, whatever is logged', () => {
    const alien = fc.stringMatching(/^[g-z]{5,12}$/).filter((word) => !source.words.has(word))
    fc.assert(
      fc.property(alien, fc.jsonValue({ depthSize: 'small' }), (word, other) => {
        const line = JSON.stringify({
          msg: word,
          jobId: word,
          [word]: word,
          error: { message: word, stack: word },
          other,
        })
        expect(cleanJsonLine(line, judge())).not.toContain(word)
      }),
    )
  })

  it('shows the words of the place', () => {
    expect(cleanJsonLine('{"pool":"faces-eu"}', judge(['faces', 'eu']))).toBe('{"pool":"faces-eu"}')
  })
})

it.each([
  ['LOG:  checkpoint complete', 'LOG:  checkpoint complete'],
  ['ERROR:  relation "x y" of \'z\'', 'ERROR:  relation [quoted] of [quoted]'],
  ['DETAIL:  Failing row contains (Anna).', LEFT_OUT],
  ['\tselect 1', LEFT_OUT],
])('a line of a server: %j', (line, clean) => {
  expect(cleanServerLine(line, scrubber())).toBe(clean)
})

it.each([
  ['muster_x{state="queued",le="+Inf"} 1', 'muster_x{state="queued",le="+Inf"} 1'],
  ['muster_x{state="queued",other="queued"} 1', 'muster_x{state="queued",left_out="[left out]"} 1'],
  ['muster_x{state="Anna"} 1', 'muster_x{left_out="[left out]"} 1'],
  ['muster_x +Inf', 'muster_x +Inf'],
  ['anna_x 1', ''],
  ['# HELP muster_x Anna', ''],
  ['muster_x Anna', ''],
])('a line of metrics: %j', (line, clean) => {
  expect(cleanMetrics(line, judge())).toBe(clean)
})

it.each([
  ['UPLOAD_SECRET', 'abc', '[set]'],
  ['SLACK_ADMINS', 'U123', '[set]'],
  ['API_PORT', '8080', '8080'],
  ['DATABASE_URL', 'postgres://a:b@db:5432/muster?sslpassword=c', 'postgres://[login]@db:5432/muster?[parameters]'],
  ['WEBHOOK_NOTICE_URL', 'https://hooks.slack.com/services/T/B/x', 'https://hooks.slack.com/[path]'],
  ['STORAGE_URL', 's3://bucket?endpoint=http://a', 's3://bucket?[parameters]'],
  ['NODE_URL', 'http://a:1 http://u:p@b:2', 'http://a:1 http://[login]@b:2'],
  ['RABBITMQ_URL', 'amqp://u:pa,ss@w:rd@mq', 'amqp://[login]@mq'],
  ['RABBITMQ_URL', 'amqp://u:a@one,amqp://u:b@two', 'amqp://[login]@one,amqp://[login]@two'],
  ['AUTOSCALER_POOLS', 'faces=1..4 ocr=0..2', 'faces=1..4 ocr=0..2'],
])('%s=%s is shown as %s', (name, value, shown) => {
  expect(cleanSetting(name, value)).toBe(shown)
})

it.each([
  ['postgres://muster:geheim-1@db/muster', 'geheim-1'],
  ['amqp://muster:pa@ss,wo:rd@mq:5672', 'pa@ss,wo:rd'],
  ['redis://:p%40ss-word@cache/0', 'p@ss-word'],
])('a password is found in %s', (address, password) => {
  const nowhere = stackFolder('/nonexistent/muster')
  expect(findSecrets({ SOME_URL: address }, nowhere)).toContain(password)
})

it('knows the first id of an instant', () => {
  expect(firstIdAt(0x0192a3b4c5d6)).toBe('0192a3b4-c5d6-7000-8000-000000000000')
})
