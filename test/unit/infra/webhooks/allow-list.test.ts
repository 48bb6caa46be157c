import { describe, expect, it } from 'vitest'
import { AllowListInvalidError, parseAllowList, vouches } from '../../../../infra/webhooks/allow-list.ts'

const target = (host: string, port = '443', plain = false) => ({ host, port, plain })

describe('parseAllowList', () => {
  it('vouches for nothing when it is empty', () => {
    expect(parseAllowList('')).toEqual([])
    expect(vouches([], target('10.0.0.1'), '10.0.0.1')).toBe(false)
  })

  it('vouches for a name, on any port, with TLS', () => {
    const allow = parseAllowList('Hooks.corp.example')
    expect(vouches(allow, target('hooks.corp.example', '9000'), '10.0.0.1')).toBe(true)
    expect(vouches(allow, target('hooks.corp.example', '9000', true), '10.0.0.1')).toBe(false)
    expect(vouches(allow, target('evil.hooks.corp.example'), '10.0.0.1')).toBe(false)
  })

  it('vouches for a block by the address, never by the name', () => {
    const allow = parseAllowList('10.0.0.0/8, fd00::/8')
    expect(vouches(allow, target('anything.example'), '10.1.2.3')).toBe(true)
    expect(vouches(allow, target('anything.example'), 'fd12::1')).toBe(true)
    expect(vouches(allow, target('anything.example'), '11.1.2.3')).toBe(false)
    expect(vouches(allow, target('10.1.2.3'), undefined)).toBe(false)
  })

  it('keeps to a port where one is named', () => {
    const allow = parseAllowList('http://127.0.0.1:8080 [::1]:9443 hooks.example:8443')
    expect(vouches(allow, target('127.0.0.1', '8080', true), '127.0.0.1')).toBe(true)
    expect(vouches(allow, target('127.0.0.1', '8081', true), '127.0.0.1')).toBe(false)
    expect(vouches(allow, target('::1', '9443'), '::1')).toBe(true)
    expect(vouches(allow, target('::1', '9444'), '::1')).toBe(false)
    expect(vouches(allow, target('hooks.example', '8443'), '10.0.0.1')).toBe(true)
    expect(vouches(allow, target('hooks.example', '443'), '10.0.0.1')).toBe(false)
  })

  it('goes without TLS only where it says so', () => {
    const allow = parseAllowList('http://10.0.0.0/8 192.168.0.0/16')
    expect(vouches(allow, target('a', '80', true), '10.0.0.1')).toBe(true)
    expect(vouches(allow, target('a', '443'), '10.0.0.1')).toBe(true)
    expect(vouches(allow, target('a', '80', true), '192.168.0.1')).toBe(false)
  })

  it.each([
    '0.0.0.0/0',
    '0.0.0.0/7',
    '::/0',
    'fc00::/6',
    '*',
    'ho st/',
    'a_b',
    'hooks.example/path',
    'https://',
    'ftp://a',
    '10.0.0.0/99',
  ])('refuses %j', (text) => expect(() => parseAllowList(text)).toThrow(AllowListInvalidError))
})
