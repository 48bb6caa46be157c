import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPublic, parseCidr, plainAddress } from '../../../../infra/webhooks/address-rules.ts'

const INSIDE = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254'],
  ...['172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1'],
  ...['198.19.255.255', '198.51.100.7', '203.0.113.9', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::7f00:1', '::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:10.0.0.1', '::ffff:a9fe:a9fe'],
  ...['::ffff:0:7f00:1', '64:ff9b::7f00:1', '64:ff9b:1::1', '100::1', '2001::1', '2001:db8::1', '2002:7f00:1::'],
  ...['3fff::1', '5f00::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1'],
]

const OUTSIDE = [
  '1.1.1.1',
  '8.8.8.8',
  '172.32.0.1',
  '100.128.0.1',
  '192.169.0.1',
  '::ffff:8.8.8.8',
  '2606:4700::1111',
  '2a00:1450::1',
]

describe('isPublic', () => {
  it.each(INSIDE)('does not take %s for public', (address) => expect(isPublic(address)).toBe(false))
  it.each(OUTSIDE)('takes %s for public', (address) => expect(isPublic(address)).toBe(true))
  it.each(['', 'localhost', '127.1', '0x7f000001', '2130706433', '1.2.3.4/8', ' 8.8.8.8'])(
    'does not take %j for an address at all',
    (text) => expect(isPublic(text)).toBe(false),
  )

  it('judges an IPv4 address the same whatever it wears', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
        const hex = `::ffff:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
        for (const dress of [`::ffff:${address}`, `::FFFF:${address}`, hex, `0:0:0:0:0:ffff:${address}`]) {
          expect(plainAddress(dress)).toBe(address)
          expect(isPublic(dress)).toBe(isPublic(address))
        }
      }),
    )
  })

  it('never takes an address of the NAT64 and 6to4 blocks for public', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
        const [high, low] = [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)]
        for (const dress of [`64:ff9b::${address}`, `2002:${high}:${low}::1`, `::${high}:${low}`])
          expect(isPublic(dress)).toBe(false)
      }),
    )
  })
})

describe('parseCidr', () => {
  it('reads blocks and single addresses', () => {
    expect(parseCidr('10.0.0.0/8')).toEqual({ address: '10.0.0.0', prefix: 8, family: 'ipv4' })
    expect(parseCidr('10.1.2.3')).toEqual({ address: '10.1.2.3', prefix: 32, family: 'ipv4' })
    expect(parseCidr('fd00::/8')).toEqual({ address: 'fd00::', prefix: 8, family: 'ipv6' })
  })

  it.each(['10.0.0.0/33', 'fd00::/129', 'hooks.example', '10.0.0/8', 'fe80::1%eth0', ''])('refuses %j', (text) =>
    expect(parseCidr(text)).toBeUndefined(),
  )
})
