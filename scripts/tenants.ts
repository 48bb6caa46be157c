import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { DEFAULT_TENANT, type TenantSettings } from '../infra/domain/tenant.ts'
import type { AuditLog } from '../infra/ports/audit-log.ts'
import type { Tenant, TenantStore } from '../infra/ports/tenant-store.ts'
import { UsageError } from './exit-code.ts'
import { TENANT } from './keys.ts'
import { print, say, sayGood, table } from './output.ts'
import { formatPeriod, parsePeriod } from './period.ts'
import { withEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'

interface Setting {
  readonly flag: string
  readonly value: string
  readonly what: string
  readonly parse: (text: string) => number | undefined
  readonly format: (value: number) => string
}

const NUMBER = /^\d{1,9}(\.\d{1,6})?$/
const positive = (text: string): number | undefined =>
  NUMBER.test(text) && Number(text) > 0 ? Number(text) : undefined
const count = (text: string): number | undefined => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined)

/** How each setting is named and typed on the command line. */
const SETTINGS: Readonly<Record<keyof TenantSettings, Setting>> = {
  weight: { flag: 'weight', value: '<number>', what: 'share of a busy pool', parse: positive, format: String },
  maxInFlightCount: {
    flag: 'max-in-flight',
    value: '<count>',
    what: 'open jobs at most',
    parse: count,
    format: String,
  },
  ratePerSecond: {
    flag: 'rate',
    value: '<per-second>',
    what: 'new jobs in the long run',
    parse: positive,
    format: String,
  },
  burstCount: { flag: 'burst', value: '<count>', what: 'new jobs at once after a pause', parse: count, format: String },
  pictureTtlMs: {
    flag: 'picture-ttl',
    value: '<period>',
    what: 'pictures are kept',
    parse: parsePeriod,
    format: formatPeriod,
  },
  resultTtlMs: {
    flag: 'result-ttl',
    value: '<period>',
    what: 'results are kept',
    parse: parsePeriod,
    format: formatPeriod,
  },
}
const NAMES = Object.keys(SETTINGS) as (keyof TenantSettings)[]
const BY_DEFAULT = 'default'

type Change = { readonly [K in keyof TenantSettings]?: number | null }

/**
 * Read the settings a person typed, by their flags; `default` goes back to the default.
 * @throws UsageError when one is not a value of its setting, or none is given
 */
export const parseSettings = (options: Readonly<Record<string, string | undefined>>): Change => {
  const change = NAMES.flatMap((name): [string, number | null][] => {
    const { flag, value, parse } = SETTINGS[name]
    const text = options[flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())]
    if (text === undefined) return []
    const parsed = text === BY_DEFAULT ? null : parse(text)
    if (parsed === undefined)
      throw new UsageError(`--${flag} takes ${value} or ${BY_DEFAULT}; periods are like 24h or 30d`)
    return [[name, parsed]]
  })
  if (change.length === 0)
    throw new UsageError(`nothing to set: ${NAMES.map((name) => `--${SETTINGS[name].flag}`).join(', ')}`)
  return Object.fromEntries(change)
}

const withTenants = async <T>(
  program: Command,
  work: (stores: { readonly tenants: TenantStore; readonly audit: AuditLog }) => Promise<T>,
): Promise<T> => {
  const { DATABASE_URL } = withEnvFile(stackFolder(program.opts<{ dir?: string }>().dir).env, process.env)
  if (!DATABASE_URL) throw new UsageError('set DATABASE_URL, or run ./muster up')
  const { openPool } = await import('../infra/postgres/pool.ts')
  const { createTenantStore } = await import('../infra/postgres/tenant-store.ts')
  const { createAuditLog } = await import('../infra/postgres/audit-log.ts')
  const pool = openPool({ url: DATABASE_URL, maxCount: 1 })
  try {
    return await work({ tenants: createTenantStore(pool), audit: createAuditLog(pool) })
  } finally {
    await pool.end()
  }
}

/** What was settled stands as it is; a default is in brackets. */
const toRow = ({ name, settings }: Tenant): readonly string[] => [
  name,
  ...NAMES.map((key) => {
    const value = settings[key]
    return value === undefined ? `(${SETTINGS[key].format(DEFAULT_TENANT[key])})` : SETTINGS[key].format(value)
  }),
]
const HEADER = ['TENANT', ...NAMES.map((name) => SETTINGS[name].flag.replaceAll('-', ' ').toUpperCase())]

const registerList = (tenants: Command, program: Command): void => {
  tenants
    .command('list')
    .summary('the tenants something is settled for, and what')
    .option('--json', 'for programs')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const found = await withTenants(program, ({ tenants: store }) => store.list())
      if (json) print(JSON.stringify(found, null, 2))
      else if (found.length > 0) print(table([HEADER, ...found.map(toRow)]))
      else say('nothing is settled for any tenant; a key makes a tenant, the defaults hold for it')
    })
}

const registerSet = (tenants: Command, program: Command): void => {
  const command = tenants
    .command('set')
    .summary('settle what a tenant may do and how long its data stays')
    .description(`What is not named stays as it is; \`${BY_DEFAULT}\` goes back. It holds within half a minute.`)
    .argument('<tenant>', 'its name')
    .option('--json', 'for programs')
  for (const { flag, value, what } of Object.values(SETTINGS)) command.option(`--${flag} ${value}`, what)
  command.action(async (name: string, { json, ...options }: Record<string, string | undefined>) => {
    if (!TENANT.test(name)) throw new UsageError('a tenant is 1 to 63 letters, digits, dashes and underscores')
    const change = parseSettings(options)
    const settled = await withTenants(program, async ({ tenants: store, audit }) => {
      const actor = `cli:${userInfo().username}`
      await audit.record({
        actor,
        channel: 'cli',
        action: 'tenant_changed',
        tenant: name,
        target: name,
        details: change,
      })
      return store.set(name, change)
    })
    if (json) print(JSON.stringify(settled, null, 2))
    else print(table([HEADER, toRow(settled)]))
    sayGood(`settled for tenant ${name}`)
  })
}

/** `./muster tenants list|set` */
export const registerTenants = (program: Command): void => {
  const tenants = program.command('tenants').summary('tenants: limits, weights, how long their data stays')
  registerList(tenants, program)
  registerSet(tenants, program)
}
