import { isIP } from 'node:net'
import type { UrlRefusal } from '../domain/webhook.ts'
import { isPublic, plainAddress } from './address-rules.ts'
import { type Allowed, vouches } from './allow-list.ts'

/** What may be called beside what the operator vouches for. */
export interface UrlRules {
  readonly allow: readonly Allowed[]
  readonly ports: readonly string[]
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/** An address as it will be called. The parser has brought every spelling of a number to one form. */
export interface Target {
  readonly url: URL
  /** without brackets and without the dot at the end */
  readonly host: string
  readonly port: string
  readonly plain: boolean
  /** the host is an address and no name: nobody will ask a name server */
  readonly literal: boolean
}

/** Read a URL. @returns undefined when it is none that HTTP can reach */
export const targetOf = (text: string): Target | undefined => {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const port = url.port || DEFAULT_PORTS[url.protocol]
  if (port === undefined || url.hostname === '') return undefined
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  return { url, host, port, plain: url.protocol === 'http:', literal: isIP(host) !== 0 }
}

/** May a connection to this address be made for this target? */
export const mayConnect = (target: Target, address: string, { allow }: UrlRules): boolean =>
  isPublic(address) ? !target.plain || vouches(allow, target, address) : vouches(allow, target, plainAddress(address))

/**
 * What is wrong with a target before anybody looks up its name. Entries of the allow-list that name a block can only speak
 * up once the addresses are known: a name gets the benefit of the doubt, and `mayConnect` has the last word.
 */
export const refusalOf = (target: Target, { allow, ports }: UrlRules): UrlRefusal | undefined => {
  if (target.url.username !== '' || target.url.password !== '') return 'USERINFO_REFUSED'
  const address = target.literal ? target.host : undefined
  if (vouches(allow, target, address)) return undefined
  const hopeful = address === undefined ? allow.filter(({ block }) => block !== undefined) : []
  const fits = hopeful.filter(
    ({ port, plain }) => (port === undefined || port === target.port) && (plain || !target.plain),
  )
  if (fits.length > 0) return undefined
  if (target.plain) return 'SCHEME_REFUSED'
  if (address !== undefined && !isPublic(address)) return 'ADDRESS_REFUSED'
  return ports.includes(target.port) ? undefined : 'PORT_REFUSED'
}

/** As `refusalOf`, now that the addresses are known: one that may not be reached spoils them all. */
export const refusalOfAddresses = (
  target: Target,
  addresses: readonly string[],
  rules: UrlRules,
): UrlRefusal | undefined => {
  if (!addresses.every((address) => mayConnect(target, address, rules))) return 'ADDRESS_REFUSED'
  const vouched = addresses.every((address) => vouches(rules.allow, target, plainAddress(address)))
  return vouched || rules.ports.includes(target.port) ? undefined : 'PORT_REFUSED'
}
