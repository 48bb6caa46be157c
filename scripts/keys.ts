import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { hashSecret, makeApiKey } from '../api/api-key.ts'
import type { ApiKey, KeyStore } from '../infra/ports/key-store.ts'
import { NothingThereError, UsageError } from './exit-code.ts'
import { print, say, sayGood, table } from './output.ts'
import { withEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'

/** It is a part of storage keys, so it keeps to their alphabet. */
const TENANT = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/
const KEY_ID = /^[A-Za-z0-9]{1,32}$/
const MAX_NAME_LENGTH = 100
const PERIOD = /^(\d{1,5})([dh])$/
const PERIOD_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000 }
/** A date alone, or an instant with its zone: a local time would mean another instant on another machine. */
const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/

/** What a new key is for. */
export interface NewKey {
  /** whose jobs it reaches; 1 to 63 letters, digits, dashes and underscores */
  readonly tenant: string
  /** for people, to tell keys apart */
  readonly name: string
  /** epoch ms; null = never */
  readonly expiresAt?: number | null
}

const check = ({ tenant, name }: NewKey): void => {
  if (!TENANT.test(tenant)) throw new UsageError('a tenant is 1 to 63 letters, digits, dashes and underscores')
  if (name.length === 0 || name.length > MAX_NAME_LENGTH)
    throw new UsageError(`a key's name has 1 to ${MAX_NAME_LENGTH} characters`)
}

const withKeys = async <T>(databaseUrl: string, work: (keys: KeyStore) => Promise<T>): Promise<T> => {
  const { openPool } = await import('../infra/postgres/pool.ts')
  const { createKeyStore } = await import('../infra/postgres/key-store.ts')
  const pool = openPool({ url: databaseUrl, maxCount: 1 })
  try {
    return await work(createKeyStore(pool))
  } finally {
    await pool.end()
  }
}

const make = async (databaseUrl: string, newKey: NewKey): Promise<{ readonly key: string; readonly made: ApiKey }> => {
  check(newKey)
  const { tenant, name, expiresAt = null } = newKey
  const { key, keyId, secret } = makeApiKey(randomBytes)
  const secretSha256 = hashSecret(secret)
  const made = await withKeys(databaseUrl, (keys) => keys.create({ keyId, tenant, name, expiresAt, secretSha256 }))
  return { key, made }
}

/**
 * Make an API key and store its hash.
 * @returns the key itself: this is the only time it can be seen
 * @throws UsageError, UnavailableError
 */
export const createKey = async (databaseUrl: string, newKey: NewKey): Promise<string> =>
  (await make(databaseUrl, newKey)).key

/**
 * When a key made now expires: `90d`, `12h`, a date or an instant, as epoch ms.
 * @throws UsageError when it is none of them, or past
 */
export const parseExpiry = (text: string, now: number): number => {
  const [, count, unit = ''] = PERIOD.exec(text) ?? []
  const at =
    count === undefined
      ? INSTANT.test(text)
        ? Date.parse(text)
        : Number.NaN
      : now + Number(count) * (PERIOD_MS[unit] ?? 0)
  if (!Number.isFinite(at)) throw new UsageError('--expires takes 90d, 12h, 2027-01-31 or 2027-01-31T09:00Z')
  if (at <= now) throw new UsageError('--expires must lie in the future')
  return at
}

const databaseUrlOf = (program: Command): string => {
  const paths = stackFolder(program.opts<{ dir?: string }>().dir)
  const { DATABASE_URL } = withEnvFile(paths.env, process.env)
  if (!DATABASE_URL) throw new UsageError('set DATABASE_URL, or run ./muster up')
  return DATABASE_URL
}

const instant = (epochMs: number | null): string | null => (epochMs === null ? null : new Date(epochMs).toISOString())

/** What `--json` prints of a key. Public: members are added, never renamed. */
const toJson = ({ keyId, tenant, name, createdAt, expiresAt, revokedAt, lastUsedAt }: ApiKey) => ({
  keyId,
  tenant,
  name,
  createdAt: instant(createdAt),
  expiresAt: instant(expiresAt),
  revokedAt: instant(revokedAt),
  lastUsedAt: instant(lastUsedAt),
})

const stateOf = ({ revokedAt, expiresAt }: ApiKey, now: number): string => {
  if (revokedAt !== null) return 'revoked'
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'valid'
}

const day = (epochMs: number | null): string => instant(epochMs)?.slice(0, 10) ?? '-'

const toRow = (key: ApiKey, now: number): readonly string[] => {
  const { keyId, tenant, name, createdAt, expiresAt, lastUsedAt } = key
  return [keyId, tenant, name, stateOf(key, now), day(createdAt), day(expiresAt), day(lastUsedAt)]
}

interface CreateOptions {
  readonly tenant: string
  readonly name: string
  readonly expires?: string
  readonly json?: boolean
}

const registerCreate = (keys: Command, program: Command): void => {
  keys
    .command('create')
    .summary('make a key and print it, once')
    .description('The key goes to stdout and is stored nowhere: keep it now. `> file` keeps it off the screen.')
    .requiredOption('--tenant <name>', 'whose jobs it reaches')
    .requiredOption('--name <text>', 'what it is for')
    .option('--expires <when>', '90d, 12h, a date or an instant; never unless told')
    .option('--json', 'for programs')
    .action(async ({ tenant, name, expires, json }: CreateOptions) => {
      const expiresAt = expires === undefined ? null : parseExpiry(expires, Date.now())
      const { key, made } = await make(databaseUrlOf(program), { tenant, name, expiresAt })
      print(json ? JSON.stringify({ key, ...toJson(made) }, null, 2) : key)
      sayGood(`made key ${made.keyId} of tenant ${tenant}`)
      say(`./muster keys revoke ${made.keyId} takes it back`)
    })
}

const registerList = (keys: Command, program: Command): void => {
  keys
    .command('list')
    .summary('which keys there are')
    .option('--tenant <name>', 'of this tenant only')
    .option('--json', 'for programs')
    .action(async ({ tenant, json }: { readonly tenant?: string; readonly json?: boolean }) => {
      const found = await withKeys(databaseUrlOf(program), (store) => store.list(tenant))
      const header = ['KEY', 'TENANT', 'NAME', 'STATE', 'CREATED', 'EXPIRES', 'LAST USED']
      if (json) print(JSON.stringify(found.map(toJson), null, 2))
      else if (found.length > 0) print(table([header, ...found.map((key) => toRow(key, Date.now()))]))
      else say('no keys; ./muster keys create makes one')
    })
}

const registerRevoke = (keys: Command, program: Command): void => {
  keys
    .command('revoke')
    .summary('take a key back; it works for 30 s more at most')
    .argument('<key-id>', 'the part after muster_live_; ./muster keys list shows it')
    .option('--json', 'for programs')
    .action(async (keyId: string, { json }: { readonly json?: boolean }) => {
      if (!KEY_ID.test(keyId)) throw new UsageError('give the id of the key, not the key itself')
      const revoked = await withKeys(databaseUrlOf(program), (store) => store.revoke(keyId))
      if (!revoked) throw new NothingThereError(`no key ${keyId} that could be revoked`)
      if (json) print(JSON.stringify({ keyId, revoked }))
      sayGood(`revoked key ${keyId}`)
    })
}

/** `./muster keys create|list|revoke` */
export const registerKeys = (program: Command): void => {
  const keys = program.command('keys').summary('API keys: make, list, revoke')
  registerCreate(keys, program)
  registerList(keys, program)
  registerRevoke(keys, program)
}
