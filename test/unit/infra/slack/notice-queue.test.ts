import { describe, expect, it } from 'vitest'
import { createNoticeQueue } from '../../../../infra/slack/notice-queue.ts'
import { createSentMessages } from '../../../../infra/slack/sent-messages.ts'
import { aNotice } from '../../../fixtures/notices.ts'

const MINUTE = 60_000

describe('createNoticeQueue', () => {
  it('keeps the newest of each key, in the place of the first', () => {
    const queue = createNoticeQueue(10)
    queue.put(aNotice({ key: 'a', lines: ['1'] }))
    queue.put(aNotice({ key: 'b' }))
    queue.put(aNotice({ key: 'a', lines: ['2'] }))
    expect(queue.size).toBe(2)
    expect(queue.first()).toMatchObject({ key: 'a', lines: ['2'] })
  })

  it('keeps what came while the one before it was told', () => {
    const queue = createNoticeQueue(10)
    const [old, fresh] = [aNotice({ lines: ['1'] }), aNotice({ lines: ['2'] })]
    queue.put(old)
    queue.put(fresh)
    queue.done(old)
    expect(queue.first()).toBe(fresh)
    queue.done(fresh)
    expect(queue.first()).toBeUndefined()
  })

  it('drops the oldest that is no alert when too many wait, and counts it', () => {
    const queue = createNoticeQueue(2)
    queue.put(aNotice({ key: 'alert', kind: 'alert' }))
    queue.put(aNotice({ key: 'a' }))
    queue.put(aNotice({ key: 'b' }))
    queue.put(aNotice({ key: 'c' }))
    const left = [queue.first()?.key, queue.size, queue.takeDroppedCount(), queue.takeDroppedCount()]
    expect(left).toEqual(['alert', 2, 2, 0])
  })

  it('drops the oldest alert when all are alerts', () => {
    const queue = createNoticeQueue(1)
    for (const key of ['a', 'b']) queue.put(aNotice({ key, kind: 'alert' }))
    expect(queue.first()?.key).toBe('b')
  })

  it('drops what is no news any more, but no alert and no recovery', () => {
    const queue = createNoticeQueue(10)
    for (const kind of ['scaled', 'held', 'override', 'digest', 'alert', 'recovered'] as const)
      queue.put(aNotice({ kind, key: kind, at: 0 }))
    queue.dropStale(15 * MINUTE)
    expect(queue.size).toBe(6)
    queue.dropStale(15 * MINUTE + 1)
    expect([queue.size, queue.first()?.kind]).toEqual([2, 'alert'])
  })
})

describe('createSentMessages', () => {
  it('knows the message of a key for an hour after it began', () => {
    const sent = createSentMessages()
    const [a, b] = [aNotice({ key: 'a' }), aNotice({ key: 'b' })]
    sent.keep(a, '1.1', 0)
    sent.keep(a, '1.1', 50 * MINUTE)
    expect([sent.find(a, 60 * MINUTE - 1), sent.find(a, 60 * MINUTE), sent.find(b, 0)]).toEqual([
      '1.1',
      undefined,
      undefined,
    ])
  })

  it('begins a new message for what is wrong again', () => {
    const sent = createSentMessages()
    const [alert, recovered] = [aNotice({ kind: 'alert' }), aNotice({ kind: 'recovered' })]
    sent.keep(alert, '1.1', 0)
    expect([sent.find(alert, 1), sent.find(recovered, 1)]).toEqual(['1.1', '1.1'])
    sent.keep(recovered, '1.1', 1)
    expect([sent.find(alert, 2), sent.find(recovered, 2)]).toEqual([undefined, '1.1'])
  })

  it('forgets the key not heard of for longest', () => {
    const sent = createSentMessages()
    const of = (index: number) => aNotice({ key: `key-${index}` })
    for (let index = 0; index <= 500; index += 1) sent.keep(of(index), '1.1', 0)
    expect([sent.find(of(0), 0), sent.find(of(1), 0)]).toEqual([undefined, '1.1'])
  })
})
