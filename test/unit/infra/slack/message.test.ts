import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NOTICE_ACTIONS } from '../../../../infra/ports/notifier.ts'
import { answerOf, messageOf } from '../../../../infra/slack/message.ts'
import { aNotice } from '../../../fixtures/notices.ts'

interface Shown {
  readonly type: string
  readonly text?: { readonly text: string }
  readonly fields?: readonly { readonly text: string }[]
  readonly elements?: readonly { readonly action_id?: string; readonly value?: string; readonly confirm?: unknown }[]
}
const blocksOf = (...args: Parameters<typeof messageOf>) => messageOf(...args).blocks as unknown as readonly Shown[]

describe('messageOf', () => {
  it('has a headline, facts, the reasons, when it was, and buttons that ask again', () => {
    const blocks = blocksOf(aNotice())
    expect(blocks.map(({ type }) => type)).toEqual(['header', 'section', 'section', 'context', 'actions'])
    expect(blocks[0]?.text?.text).toBe('checks: 12 -> 15 nodes')
    expect(blocks[2]?.text?.text).toBe('forecast 12 -&gt; 15 (level)')
    const buttons = blocks[4]?.elements ?? []
    expect(buttons.map(({ action_id, value }) => [action_id, value])).toEqual([
      ['muster.undo', '["checks","17"]'],
      ['muster.hold', '["checks","17"]'],
    ])
    expect(buttons.every(({ confirm }) => confirm !== undefined)).toBe(true)
  })

  it('says the same where blocks cannot be shown', () => {
    expect(messageOf(aNotice({ kind: 'alert' })).text).toBe(
      'Alert: checks: 12 -&gt; 15 nodes\nforecast 12 -&gt; 15 (level)',
    )
  })

  it('has no buttons and no reasons where there are none', () => {
    const blocks = blocksOf(aNotice({ lines: ['checks: recovered'], actions: [] }))
    expect(blocks.map(({ type }) => type)).toEqual(['header', 'section', 'context'])
  })

  it('wakes nobody by what is in a reason', () => {
    const { text, blocks } = messageOf(aNotice({ lines: ['h', 'because <!channel> & <@U123>'] }))
    expect(text).toBe('h\nbecause &lt;!channel&gt; &amp; &lt;@U123&gt;')
    expect(JSON.stringify(blocks)).not.toContain('<!channel>')
  })

  it("stays within Slack's limits, whatever is said", () => {
    const long = fc
      .tuple(fc.string({ unit: 'binary', maxLength: 20 }), fc.integer({ min: 0, max: 400 }))
      .map(([text, times]) => text.repeat(times))
    const lines = fc.array(long, { maxLength: 8 })
    fc.assert(
      fc.property(lines, fc.constantFrom('scaled', 'alert', 'digest'), (said, kind) => {
        const notice = aNotice({ lines: said, kind, actions: NOTICE_ACTIONS })
        const { text } = messageOf(notice)
        const blocks = blocksOf(notice)
        expect(text.length).toBeLessThanOrEqual(3000)
        expect(blocks.length).toBeLessThanOrEqual(50)
        for (const block of blocks)
          expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(block.type === 'header' ? 150 : 3000)
        expect(text.isWellFormed()).toBe(true)
        expect(text).not.toMatch(/<|&(?!amp;|lt;|gt;)/)
      }),
      { numRuns: 100 },
    )
  })
})

it('answers only who asked, and takes the place of no message', () => {
  expect(answerOf({ lines: ['a <b>', 'c'] })).toEqual({
    response_type: 'ephemeral',
    replace_original: false,
    text: 'a &lt;b&gt;\nc',
  })
})
