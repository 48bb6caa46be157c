import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKeyFileWrap, KeyFileInvalidError, newKeyLine, parseKeys } from '../../../../infra/encryption/key-file.ts'
import { describeKeyWrap } from '../../../contract/key-wrap.ts'

const keyOf = (id: string): string => `${id}:${Buffer.alloc(32, id).toString('base64')}`

describeKeyWrap('a key file', async (ids) => createKeyFileWrap(ids.map(keyOf).join('\n')))

it('reads keys apart by any white space, the first first', () => {
  expect([...parseKeys(`\n${keyOf('b')}\r\n  ${keyOf('a')}\t${newKeyLine('2026-11-21')}\n`).keys()]).toEqual([
    'b',
    'a',
    '2026-11-21',
  ])
})

it('makes another key every time', () => {
  expect(newKeyLine('a')).not.toBe(newKeyLine('a'))
})

it.each([
  ['nothing', ''],
  ['a key without an id', Buffer.alloc(32).toString('base64')],
  ['a key that is too short', `a:${Buffer.alloc(31).toString('base64')}`],
  ['a key that is too long', `a:${Buffer.alloc(33).toString('base64')}`],
  ['an id twice', `${keyOf('a')} ${keyOf('a')}`],
])('refuses %s without saying what it read', (_what, text) => {
  expect(() => parseKeys(text)).toThrow(KeyFileInvalidError)
  expect(() => parseKeys(text)).not.toThrow(/[A-Za-z0-9+/]{30}/)
})

it('never takes any other text for keys', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => parseKeys(text)).toThrow(KeyFileInvalidError)
    }),
  )
})
