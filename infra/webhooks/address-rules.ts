import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'

/**
 * What is not of the public internet. A name that leads there was put there to reach what we can reach and its owner cannot.
 * @source IANA special-purpose address registries for IPv4 and IPv6
 */
const REFUSED: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/9',
  'ff00::/8',
]

const CIDR = /^(.+)\/(\d{1,3})$/
const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/

/** A block of addresses. */
export interface Cidr {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** Read `10.0.0.0/8`, `fd00::/8` or a single address. @returns undefined when it is none of them */
export const parseCidr = (text: string): Cidr | undefined => {
  const [, address = text, digits] = CIDR.exec(text) ?? []
  if (isIP(address) === 0 || address.includes('%')) return undefined
  const longest = isIPv4(address) ? 32 : 128
  const prefix = digits === undefined ? longest : Number(digits)
  return prefix <= longest ? { address, prefix, family: isIPv4(address) ? 'ipv4' : 'ipv6' } : undefined
}

/** Blocks of addresses, to look one up in. */
export const blockListOf = (blocks: readonly Cidr[]): BlockList => {
  const list = new BlockList()
  for (const { address, prefix, family } of blocks) list.addSubnet(address, prefix, family)
  return list
}

const PUBLIC_ONLY = blockListOf(REFUSED.flatMap((text) => parseCidr(text) ?? []))

/** An IPv4 address in the clothes of an IPv6 one is judged as what it is. */
export const plainAddress = (address: string): string => {
  // The URL parser knows one spelling for each address.
  const one = isIPv6(address) && !address.includes('%') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address
  const [, high, low] = MAPPED.exec(one) ?? []
  if (high === undefined || low === undefined) return one
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return `${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`
}

/** Is this address in these blocks? What is no address is in none. */
export const isIn = (list: BlockList, address: string): boolean => {
  const plain = plainAddress(address)
  if (isIPv4(plain)) return list.check(plain, 'ipv4')
  return isIPv6(plain) && list.check(plain, 'ipv6')
}

/** May everybody on the internet be reached under this address, and nobody else? A text that is no address is not public. */
export const isPublic = (address: string): boolean =>
  isIP(address) !== 0 && !address.includes('%') && !isIn(PUBLIC_ONLY, address)
