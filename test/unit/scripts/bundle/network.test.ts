import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerTo, questionOf } from '../../../../scripts/bundle/name-sink.ts'
import { readLeaveCounts } from '../../../../scripts/bundle/network-counters.ts'

/** A query as resolvers send it. */
const query = (name: string, type: number): Buffer => {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')])
  return Buffer.from([0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, type >> 8, type & 255, 0, 1])
}

describe('questionOf', () => {
  it('reads the name and type of every question', () => {
    const names = fc
      .array(fc.stringMatching(/^[a-z0-9-]{1,20}$/), { minLength: 1, maxLength: 6 })
      .map((labels) => labels.join('.'))
    fc.assert(
      fc.property(names, fc.nat(65_535), (name, type) => {
        const message = query(name, type)
        expect(questionOf(message)).toEqual({ name, type, end: message.length })
      }),
    )
  })

  it('is undefined for what is no question, and never fails', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void questionOf(bytes)))
    expect(questionOf(query('example.org', 1).subarray(0, 20))).toBeUndefined()
  })
})

describe('answerTo', () => {
  it('gives an address that leads nowhere, and nothing for other types', () => {
    const message = query('example.org', 1)
    const answer = answerTo(message, 1, message.length)
    expect(answer.subarray(0, 8)).toEqual(Buffer.from([0xab, 0xcd, 0x81, 0x80, 0, 1, 0, 1]))
    expect([...answer.subarray(-4)]).toEqual([203, 0, 113, 7])
    expect(answerTo(query('example.org', 28), 28, message.length)).toHaveLength(message.length)
  })
})

describe('readLeaveCounts', () => {
  it('reads the counter by its name, wherever this kernel has it', () => {
    const snmp = 'Ip: Forwarding OutNoRoutes DefaultTTL\nIp: 2 7 64\nIcmp: InMsgs\nIcmp: 3\n'
    expect(readLeaveCounts(snmp, 'Ip6InNoRoutes \t1\nIp6OutNoRoutes \t5\n')).toEqual({ v4: 7, v6: 5 })
    expect(readLeaveCounts(snmp, '')).toEqual({ v4: 7, v6: 0 })
  })

  it('fails where there is no such counter, rather than saying none', () => {
    expect(() => readLeaveCounts('Ip: Forwarding\nIp: 2\n', '')).toThrow('does not count')
  })
})
