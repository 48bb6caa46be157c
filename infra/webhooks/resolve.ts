import { Resolver } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { promisify } from 'node:util'
import type { Allowed } from './allow-list.ts'

/** Asks for every address of a name. @throws Error when there is none */
export type Resolve = (host: string) => Promise<readonly string[]>

const TIMEOUT_MS = 3_000
const TRIES = 2

/**
 * Ask the machine's name servers without its threads: the system's own look-up holds one of a few threads, which the rest
 * of the process needs for files and ciphers, for as long as a name server likes, and callers choose the names. Names that
 * the operator vouches for are trusted to be quick, and may stand in the machine's hosts file.
 * @param servers for tests: other name servers, `address:port`
 */
export const createResolve = (allow: readonly Allowed[], servers?: readonly string[]): Resolve => {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })
  if (servers) resolver.setServers(servers)
  const resolve4 = promisify<string, string[]>(resolver.resolve4.bind(resolver))
  const resolve6 = promisify<string, string[]>(resolver.resolve6.bind(resolver))
  const vouched = new Set(allow.flatMap(({ host }) => host ?? []))

  return async (host) => {
    if (vouched.has(host)) return (await lookup(host, { all: true })).map(({ address }) => address)
    const [four, six] = await Promise.allSettled([resolve4(host), resolve6(host)])
    const found = [four, six].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (found.length > 0) return found
    throw four.status === 'rejected' ? four.reason : new Error('a name without addresses')
  }
}
