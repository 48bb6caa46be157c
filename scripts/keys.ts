import { randomBytes } from 'node:crypto'
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { createManageKeys, type IssuedKey, type KeyManager, type ManageKeys } from '../api/manage-keys.ts'
import { ROLES, type Role } from '../infra/domain/role.ts'
import { TASK_NAMES, type TaskName } from '../infra/domain/task.ts'
import { rightsProblem } from '../infra/http/permissions.ts'
import type { ApiKey } from '../infra/ports/key-store.ts'
import { NothingThereError, UsageError } from './exit-code.ts'
import { print, say, sayGood, table } from './output.ts'
import { parsePeriod } from './period.ts'
import { withEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'

/** It is a part of storage keys, so it keeps to their alphabet. */
export const TENANT = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/
const KEY_ID = /^[A-Za-z0-9]{1,32}$/
const MAX_NAME_LENGTH = 100
/** A date alone, or an instant with its zone: a local time would mean another instant on another machine. */
const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/

/** What a new key is for. */
export interface NewKey {
  /** whose jobs it reaches; 1 to 63 letters, digits, dashes and underscores */
  readonly tenant: string
  /** for people, to tell keys apart */
  readonly name: string
  /** submitter unless told */
  readonly role?: Role
  /** the tasks it is limited to; none = all */
  readonly scopes?: readonly TaskName[]
  /** epoch ms; null = never */
  readonly expiresAt?: number | null
}

const isOneOf = <T extends string>(names: readonly T[], text: string): text is T =>
  (names as readonly string[]).includes(text)

const check = ({ tenant, name, role = 'submitter', scopes = [] }: NewKey): void => {
  if (!TENANT.test(tenant)) throw new UsageError('a tenant is 1 to 63 letters, digits, dashes and underscores')
  if (name.length === 0 || name.length > MAX_NAME_LENGTH)
    throw new UsageError(`a key's name has 1 to ${MAX_NAME_LENGTH} characters`)
  if (/\p{Cc}/u.test(name)) throw new UsageError("a key's name has no control characters")
  const problem = rightsProblem({ role, scopes })
  if (problem !== undefined) throw new UsageError(problem)
}

/** Whoever may reach the database may manage every key: he is named on the trail by his login on this machine. */
const manager = (): KeyManager => ({ actor: `cli:${userInfo().username}`, channel: 'cli' })

const withKeys = async <T>(databaseUrl: string, work: (manage: ManageKeys) => Promise<T>): Promise<T> => {
  const { openPool } = await import('../infra/postgres/pool.ts')
  const { createKeyStore } = await import('../infra/postgres/key-store.ts')
  const { createAuditLog } = await import('../infra/postgres/audit-log.ts')
  const pool = openPool({ url: databaseUrl, maxCount: 1 })
  try {
    return await work(
      createManageKeys({ keys: createKeyStore(pool), audit: createAuditLog(pool), random: randomBytes }),
    )
  } finally {
    await pool.end()
  }
}

const make = (databaseUrl: string, newKey: NewKey): Promise<IssuedKey> => {
  check(newKey)
  const wanted = { role: 'submitter', scopes: [], expiresAt: null, ...newKey } as const
  return withKeys(databaseUrl, (manage) => manage.create(manager(), wanted))
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
  const periodMs = parsePeriod(text)
  const at = periodMs !== undefined ? now + periodMs : INSTANT.test(text) ? Date.parse(text) : Number.NaN
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
const toJson = ({ createdAt, expiresAt, revokedAt, lastUsedAt, ...facts }: ApiKey) => ({
  ...facts,
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
  const { keyId, tenant, name, role, scopes, createdAt, expiresAt, lastUsedAt } = key
  const rights = scopes.length === 0 ? role : `${role} (${scopes.join(' ')})`
  return [keyId, tenant, name, rights, stateOf(key, now), day(createdAt), day(expiresAt), day(lastUsedAt)]
}

const parseRole = (text: string): Role => {
  if (!isOneOf(ROLES, text)) throw new UsageError(`--role takes ${ROLES.join(', ')}`)
  return text
}

const parseScopes = (texts: readonly string[]): readonly TaskName[] =>
  texts.map((text) => {
    if (!isOneOf(TASK_NAMES, text)) throw new UsageError(`--scope takes ${TASK_NAMES.join(', ')}`)
    return text
  })

const checkId = (keyId: string): void => {
  if (!KEY_ID.test(keyId)) throw new UsageError('give the id of the key, not the key itself')
}

interface CreateOptions {
  readonly tenant: string
  readonly name: string
  readonly role: string
  readonly scope: readonly string[]
  readonly expires?: string
  readonly json?: boolean
}

const printIssued = ({ key, made }: IssuedKey, json: boolean | undefined): void =>
  print(json ? JSON.stringify({ key, ...toJson(made) }, null, 2) : key)

const registerCreate = (keys: Command, program: Command): void => {
  keys
    .command('create')
    .summary('make a key and print it, once')
    .description('The key goes to stdout and is stored nowhere: keep it now. `> file` keeps it off the screen.')
    .requiredOption('--tenant <name>', 'whose jobs it reaches')
    .requiredOption('--name <text>', 'what it is for')
    .option('--role <role>', `${ROLES.join(', ')}: each may do what those before it may`, 'submitter')
    .option('--scope <task...>', 'the tasks it is limited to; all unless told', [])
    .option('--expires <when>', '90d, 12h, a date or an instant; never unless told')
    .option('--json', 'for programs')
    .action(async ({ tenant, name, role, scope, expires, json }: CreateOptions) => {
      const expiresAt = expires === undefined ? null : parseExpiry(expires, Date.now())
      const rights = { role: parseRole(role), scopes: parseScopes(scope) }
      const issued = await make(databaseUrlOf(program), { tenant, name, ...rights, expiresAt })
      printIssued(issued, json)
      sayGood(`made key ${issued.made.keyId} of tenant ${tenant}: ${issued.made.role}`)
      say(`./muster keys revoke ${issued.made.keyId} takes it back`)
    })
}

const registerList = (keys: Command, program: Command): void => {
  keys
    .command('list')
    .summary('which keys there are')
    .option('--tenant <name>', 'of this tenant only')
    .option('--json', 'for programs')
    .action(async ({ tenant, json }: { readonly tenant?: string; readonly json?: boolean }) => {
      const by = { ...manager(), ...(tenant === undefined ? {} : { tenant }) }
      const found = await withKeys(databaseUrlOf(program), (manage) => manage.list(by))
      const header = ['KEY', 'TENANT', 'NAME', 'RIGHTS', 'STATE', 'CREATED', 'EXPIRES', 'LAST USED']
      if (json) print(JSON.stringify(found.map(toJson), null, 2))
      else if (found.length > 0) print(table([header, ...found.map((key) => toRow(key, Date.now()))]))
      else say('no keys; ./muster keys create makes one')
    })
}

const registerRotate = (keys: Command, program: Command): void => {
  keys
    .command('rotate')
    .summary('replace a key by one with the same rights; both work for a while')
    .description('The new key goes to stdout, once. The old one works until its grace is over.')
    .argument('<key-id>', 'the part after muster_live_; ./muster keys list shows it')
    .option('--grace <period>', 'how much longer the old key works: 24h, 7d, 0h', '24h')
    .option('--json', 'for programs')
    .action(async (keyId: string, { grace, json }: { readonly grace: string; readonly json?: boolean }) => {
      checkId(keyId)
      const graceMs = parsePeriod(grace)
      if (graceMs === undefined) throw new UsageError('--grace takes 24h, 7d or 0h')
      const rotated = await withKeys(databaseUrlOf(program), (manage) => manage.rotate(manager(), keyId, graceMs))
      if (rotated.kind !== 'rotated') throw new NothingThereError(`no key ${keyId} that is in use and was not replaced`)
      printIssued(rotated, json)
      sayGood(`made key ${rotated.made.keyId} in place of ${keyId}, which works for ${grace} more`)
    })
}

const registerRevoke = (keys: Command, program: Command): void => {
  keys
    .command('revoke')
    .summary('take a key back; it works for 30 s more at most')
    .argument('<key-id>', 'the part after muster_live_; ./muster keys list shows it')
    .option('--json', 'for programs')
    .action(async (keyId: string, { json }: { readonly json?: boolean }) => {
      checkId(keyId)
      const revoked = await withKeys(databaseUrlOf(program), (manage) => manage.revoke(manager(), keyId))
      if (!revoked) throw new NothingThereError(`no key ${keyId} that could be revoked`)
      if (json) print(JSON.stringify({ keyId, revoked }))
      sayGood(`revoked key ${keyId}`)
    })
}

/** `./muster keys create|list|rotate|revoke` */
export const registerKeys = (program: Command): void => {
  const keys = program.command('keys').summary('API keys: make, list, rotate, revoke')
  registerCreate(keys, program)
  registerList(keys, program)
  registerRotate(keys, program)
  registerRevoke(keys, program)
}
