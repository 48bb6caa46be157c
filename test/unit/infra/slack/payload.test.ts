import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { actionCall, actionId, actionValue, commandCall, payloadOfForm } from '../../../../infra/slack/payload.ts'

const COMMAND = {
  user_id: 'U2CERLKJA',
  user_name: 'roadrunner',
  command: '/muster',
  text: 'pin checks 5 because a &lt; b &amp;amp; c',
  trigger_id: '398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  response_url: 'https://hooks.slack.com/commands/1/2/3',
}
const PRESS = {
  type: 'block_actions',
  user: { id: 'U2CERLKJA', username: 'roadrunner' },
  trigger_id: '1.2.3',
  response_url: 'https://hooks.slack.com/actions/1/2/3',
  actions: [{ action_id: actionId('undo'), value: actionValue('checks', '17'), type: 'button' }],
}

describe('commandCall', () => {
  it('reads who said what, and where an answer goes', () => {
    expect(commandCall(COMMAND, 'r1')).toEqual({
      request: { kind: 'said', user: 'U2CERLKJA', requestId: 'r1', text: 'pin checks 5 because a < b &amp; c' },
      triggerId: COMMAND.trigger_id,
      responseUrl: COMMAND.response_url,
    })
  })

  it('takes no text for nothing said', () => {
    const { text: _, ...rest } = COMMAND
    expect(commandCall(rest, 'r1')?.request).toMatchObject({ text: '' })
  })

  it.each([
    ['nobody', { user_id: undefined }],
    ['a name for an id', { user_id: 'ada' }],
    ['ids in a list', { user_id: ['U2CERLKJA'] }],
    ['no trigger', { trigger_id: '' }],
    ['a trigger with blanks', { trigger_id: 'a b' }],
    ['a novel', { text: 'x'.repeat(2001) }],
  ])('refuses %s', (_, changes) => {
    expect(commandCall({ ...COMMAND, ...changes }, 'r1')).toBeUndefined()
  })
})

describe('actionCall', () => {
  it('reads which button was pressed, and what it is about', () => {
    expect(actionCall(PRESS, 'r1')).toEqual({
      request: { kind: 'pressed', user: 'U2CERLKJA', requestId: 'r1', action: 'undo', pool: 'checks', about: '17' },
      triggerId: '1.2.3',
      responseUrl: PRESS.response_url,
    })
  })

  it.each([
    ['nothing', undefined],
    ['another kind of interaction', { ...PRESS, type: 'view_submission' }],
    ["another app's button", { ...PRESS, actions: [{ action_id: 'other.undo', value: actionValue('a', '1') }] }],
    ['an action we do not have', { ...PRESS, actions: [{ action_id: 'muster.drop', value: actionValue('a', '1') }] }],
    ['a member of every object', { ...PRESS, actions: [{ action_id: 'muster.constructor', value: '["a","1"]' }] }],
    ['no action', { ...PRESS, actions: [] }],
    ['nobody', { ...PRESS, user: null }],
    ['a value that is no JSON', { ...PRESS, actions: [{ action_id: 'muster.undo', value: '{' }] }],
    ['a value of another shape', { ...PRESS, actions: [{ action_id: 'muster.undo', value: '{"0":"a"}' }] }],
    ['a pool that cannot be', { ...PRESS, actions: [{ action_id: 'muster.undo', value: '["../x","1"]' }] }],
    ['an id that cannot be', { ...PRESS, actions: [{ action_id: 'muster.undo', value: '["checks","1; 2"]' }] }],
  ])('refuses %s', (_, payload) => {
    expect(actionCall(payload, 'r1')).toBeUndefined()
  })

  it('answers or refuses, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.dictionary(fc.constantFrom(...Object.keys(PRESS)), fc.anything()),
        (any, changes) => {
          expect(() => actionCall(any, 'r1')).not.toThrow()
          expect(() => actionCall({ ...PRESS, ...changes }, 'r1')).not.toThrow()
          expect(() => commandCall({ ...COMMAND, ...changes }, 'r1')).not.toThrow()
        },
      ),
    )
  })
})

describe('payloadOfForm', () => {
  it('reads the payload of a form, and nothing of what is none', () => {
    const of = (text: string) => payloadOfForm(new URLSearchParams(text))
    expect(of(`payload=${encodeURIComponent('{"a":1}')}`)).toEqual({ a: 1 })
    expect([of('payload={'), of('other=1'), of('')]).toEqual([undefined, undefined, undefined])
  })
})
