import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signatureOf, signatureProblem } from '../../../../infra/slack/signature.ts'

/** The example of Slack's document "Verifying requests from Slack". */
const SECRET = '8f742231b10e8888abcd99yyyzzz85a5'
const TIMESTAMP = '1531420618'
const BODY = Buffer.from(
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
)
const SIGNATURE = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503'
const SENT_AT = Number(TIMESTAMP) * 1000

const problemOf = (changes: { timestamp?: string; signature?: string; body?: Uint8Array } = {}, now = SENT_AT) =>
  signatureProblem(SECRET, { timestamp: TIMESTAMP, signature: SIGNATURE, body: BODY, ...changes }, now)

describe('signatureOf', () => {
  it('is what Slack documents', () => {
    expect(signatureOf(SECRET, TIMESTAMP, BODY)).toBe(SIGNATURE)
  })
})

describe('signatureProblem', () => {
  it('finds none in what Slack sent just now', () => {
    expect(problemOf()).toBeUndefined()
  })

  it.each([
    ['five minutes late', 300_000, undefined],
    ['later than that', 300_001, 'old'],
    ['five minutes early', -300_000, undefined],
    ['earlier than that', -300_001, 'old'],
  ])('judges a request %s', (_, offsetMs, problem) => {
    expect(problemOf({}, SENT_AT + offsetMs)).toBe(problem)
  })

  it.each([
    ['another body', { body: Buffer.concat([BODY, Buffer.from('&x=1')]) }, 'wrong'],
    ['another time', { timestamp: '1531420619' }, 'wrong'],
    ['another version', { signature: SIGNATURE.replace('v0', 'v1') }, 'wrong'],
    ['half a signature', { signature: SIGNATURE.slice(0, 30) }, 'wrong'],
    ['an empty signature', { signature: '' }, 'wrong'],
    ['a time that is none', { timestamp: '1531420618.5' }, 'missing'],
    ['a negative time', { timestamp: '-1531420618' }, 'missing'],
    ['an endless time', { timestamp: '9'.repeat(400) }, 'missing'],
  ])('refuses %s', (_, changes, problem) => {
    expect(problemOf(changes)).toBe(problem)
  })

  it('refuses what carries no signature, or no time', () => {
    const judge = (timestamp?: string, signature?: string) =>
      signatureProblem(SECRET, { timestamp, signature, body: BODY }, SENT_AT)
    expect([judge(undefined, SIGNATURE), judge(TIMESTAMP, undefined), judge()]).toEqual([
      'missing',
      'missing',
      'missing',
    ])
  })

  it('refuses every body that was not signed, and takes every one that was', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (signed, sent) => {
        const signature = signatureOf(SECRET, TIMESTAMP, signed)
        const fine = problemOf({ signature, body: sent }) === undefined
        expect(fine).toBe(Buffer.compare(signed, sent) === 0)
      }),
    )
  })
})
