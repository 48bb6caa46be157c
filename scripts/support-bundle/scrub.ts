import { createHash } from 'node:crypto'

/** What must not be seen, by its value. */
export interface Hidden {
  /** values of secrets, whatever they are named */
  readonly secrets: readonly string[]
  readonly tenants: readonly string[]
  readonly withTenants: boolean
}

/** Takes out of a text what must not be seen. Counts what it took. */
export interface Scrubber {
  (text: string): string
  readonly counts: Readonly<Record<string, number>>
  /** a tenant as it may be seen */
  tenant(name: string): string
  /** does this text still hold a secret or a tenant, plain or in a common disguise? */
  leaks(text: string): boolean
}

/** Shorter values are words that stand everywhere, and no secrets. */
const MIN_SECRET_LENGTH = 8
const MIN_TENANT_LENGTH = 3
const DIGEST_LENGTH = 8

/** What looks like something that must not be seen, with what takes its place. */
const SHAPES: readonly (readonly [string, RegExp, string])[] = [
  ['private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[private key]'],
  ['address with password', /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi, '$1[login]@'],
  ['authorization', /\b(bearer|basic|token)\s+[A-Za-z0-9._~+/=-]{6,}/gi, '$1 [secret]'],
  [
    'named secret',
    /\b((?:[a-z_-]*(?:password|passwd|secret|token|api[_-]?key|signature|credential))["']?\s*[=:]\s*["']?)(?!\[)[^\s"'&,;}]+/gi,
    '$1[secret]',
  ],
  ['API key', /\bmuster_live_[0-9A-Za-z_]+/g, '[api key]'],
  ['Slack', /\bxox[a-z]-[A-Za-z0-9-]+|https:\/\/hooks\.slack\.com\/\S+/g, '[slack]'],
  ['JSON web token', /\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, '[token]'],
  ['cloud key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, '[cloud key]'],
  ['machine-readable zone', /(?<![A-Z0-9<])(?=[A-Z0-9<]{20,})(?=[A-Z0-9]*<)[A-Z0-9<]+/g, '[zone]'],
  ['e-mail', /[\w.+-]+@[\w-]+\.[A-Za-z]{2,}/g, '[e-mail]'],
  ['long data', /\b(?!sha256)[A-Za-z0-9+/]{120,}={0,2}/g, '[data]'],
]

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** A value as it may also stand in an address, in JSON, or in an authorization header. */
const disguises = (value: string): readonly string[] => [
  ...new Set([
    value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    Buffer.from(value).toString('base64').replace(/=+$/, ''),
  ]),
]

const anyOf = (values: readonly string[], around = ''): RegExp | undefined => {
  const sorted = [...new Set(values)].sort((a, b) => b.length - a.length)
  return sorted.length === 0
    ? undefined
    : new RegExp(`${around && `(?<!${around})`}(?:${sorted.map(literally).join('|')})${around && `(?!${around})`}`, 'g')
}

/** A tenant in the bundle: the same one is the same, and nobody learns which it is. */
export const tenantDigest = (name: string): string =>
  `tenant:${createHash('sha256').update(`tenant ${name}`).digest('hex').slice(0, DIGEST_LENGTH)}`

/** Build what takes out the hidden. */
export const createScrubber = ({ secrets, tenants, withTenants }: Hidden): Scrubber => {
  const counts: Record<string, number> = {}
  const known = anyOf(secrets.filter(({ length }) => length >= MIN_SECRET_LENGTH).flatMap(disguises))
  const named = withTenants
    ? undefined
    : anyOf(
        tenants.filter(({ length }) => length >= MIN_TENANT_LENGTH),
        '[A-Za-z0-9_-]',
      )
  const count = (what: string): void => {
    counts[what] = (counts[what] ?? 0) + 1
  }
  const replace = (text: string, what: string, pattern: RegExp, by: string | ((found: string) => string)): string =>
    text.replace(pattern, (...found) => {
      count(what)
      const [whole, ...groups] = found as [string, ...string[]]
      return typeof by === 'function' ? by(whole) : by.replace('$1', groups[0] ?? '')
    })
  const scrub = (text: string): string => {
    let clean = text
    if (known) clean = replace(clean, 'known secret', known, '[secret]')
    for (const [what, pattern, by] of SHAPES) clean = replace(clean, what, pattern, by)
    return named ? replace(clean, 'tenant', named, tenantDigest) : clean
  }
  const holds = (pattern: RegExp | undefined, text: string): boolean =>
    pattern !== undefined && text.search(pattern) >= 0
  return Object.assign(scrub, {
    counts,
    tenant: (name: string) => (withTenants ? name : tenantDigest(name)),
    leaks: (text: string) => holds(known, text) || holds(named, text),
  })
}
