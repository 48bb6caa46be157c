import type { BlockList } from 'node:net'
import { AppError } from '../domain/errors.ts'
import { blockListOf, isIn, parseCidr } from './address-rules.ts'

/** An entry of the allow-list says something we cannot or must not follow. */
export class AllowListInvalidError extends AppError {
  readonly code = 'ALLOW_LIST_INVALID'
  readonly retryable = false
}

/** A block this large is no list of receivers but a switch that turns protection off. */
const SHORTEST_PREFIX = { ipv4: 8, ipv6: 7 } as const

/** A receiver the operator vouches for: one name, or one block of addresses. */
export interface Allowed {
  readonly host: string | undefined
  readonly block: BlockList | undefined
  /** undefined = any */
  readonly port: string | undefined
  /** without TLS too */
  readonly plain: boolean
}

const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i
const ENTRY = /^(?:(https?):\/\/)?(?:\[([^\]]+)\](?::(\d{1,5}))?|([^[\]]+?))$/i
const WITH_PORT = /^([^:]+):(\d{1,5})$/

const parseEntry = (text: string): Allowed => {
  const [, scheme, bracketed, portAfterBracket, rest = ''] = ENTRY.exec(text) ?? []
  // An address of version 6 has colons of its own: a port behind it needs brackets, as in a URL.
  const [, hostBeforePort, portAfterHost] = parseCidr(rest) ? [] : (WITH_PORT.exec(rest) ?? [])
  const name = bracketed ?? hostBeforePort ?? rest
  const port = portAfterBracket ?? portAfterHost
  const plain = scheme?.toLowerCase() === 'http'
  const cidr = parseCidr(name)
  if (!cidr) {
    if (!HOST.test(name)) throw new AllowListInvalidError(`"${text}" is neither a host nor a block of addresses`)
    return { host: name.toLowerCase(), block: undefined, port, plain }
  }
  if (cidr.prefix < SHORTEST_PREFIX[cidr.family])
    throw new AllowListInvalidError(
      `"${text}" is too large a block: at least /${SHORTEST_PREFIX[cidr.family]} is needed`,
    )
  return { host: undefined, block: blockListOf([cidr]), port, plain }
}

/**
 * Receivers inside, entry by entry: `[http://]<host | address | block>[:port]`, apart by spaces or commas. An entry lifts
 * the rules of address and port for what it names, with `http://` also the need for TLS.
 * @throws AllowListInvalidError
 */
export const parseAllowList = (text: string): readonly Allowed[] =>
  text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(parseEntry)

/** Do these entries vouch for a connection to this address? */
export const vouches = (
  entries: readonly Allowed[],
  { host, port, plain }: { readonly host: string; readonly port: string; readonly plain: boolean },
  address: string | undefined,
): boolean =>
  entries.some(
    (entry) =>
      (entry.host === undefined
        ? address !== undefined && entry.block !== undefined && isIn(entry.block, address)
        : entry.host === host) &&
      (entry.port === undefined || entry.port === port) &&
      (entry.plain || !plain),
  )
