import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { createManageHolds, type HeldThing, holdTarget, type ManageHolds } from '../api/manage-holds.ts'
import type { Hold, HoldStore } from '../infra/ports/hold-store.ts'
import { NothingThereError, UsageError } from './exit-code.ts'
import { TENANT } from './keys.ts'
import { print, say, sayGood, table } from './output.ts'
import { withEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'

interface Words {
  readonly tenant?: string
  readonly job?: string
  readonly subject?: string
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const SUBJECT = /^[\x21-\x7e]{1,128}$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const REASON = /^[^\u0000-\u001f\u007f-\u009f]{1,200}$/

/**
 * What a command line wants to hold, and of whom.
 * @throws UsageError when it names no tenant, nothing, or two things
 */
export const parseThing = ({ tenant, job, subject }: Words): { readonly tenant: string; readonly what: HeldThing } => {
  if (tenant === undefined || !TENANT.test(tenant)) throw new UsageError('name the tenant: --tenant <name>')
  if ((job === undefined) === (subject === undefined)) throw new UsageError('name --job <id> or --subject <reference>')
  if (job !== undefined && !UUID.test(job)) throw new UsageError('--job takes the id of a job')
  if (subject !== undefined && !SUBJECT.test(subject))
    throw new UsageError('--subject takes 1 to 128 visible ASCII characters, as they came with the checks')
  return { tenant, what: job === undefined ? { subject: subject ?? '' } : { jobId: job } }
}

const withHolds = async <T>(
  program: Command,
  work: (opened: { readonly holds: HoldStore; readonly manage: ManageHolds }) => Promise<T>,
): Promise<T> => {
  const { DATABASE_URL } = withEnvFile(stackFolder(program.opts<{ dir?: string }>().dir).env, process.env)
  if (!DATABASE_URL) throw new UsageError('set DATABASE_URL, or run ./muster up')
  const { openPool } = await import('../infra/postgres/pool.ts')
  const { createHoldStore } = await import('../infra/postgres/hold-store.ts')
  const { createAuditLog } = await import('../infra/postgres/audit-log.ts')
  const pool = openPool({ url: DATABASE_URL, maxCount: 1, maxTenantCount: 1 })
  try {
    const holds = createHoldStore(pool)
    return await work({ holds, manage: createManageHolds({ holds, audit: createAuditLog(pool) }) })
  } finally {
    await pool.end()
  }
}

const operator = () => ({ actor: `cli:${userInfo().username}`, channel: 'cli' }) as const

const HEADER = ['TENANT', 'HELD', 'SINCE', 'BY', 'REASON']
const toRow = ({ tenant, scope, placedAt, placedBy, reason }: Hold): readonly string[] => [
  ...[tenant, holdTarget(scope), new Date(placedAt).toISOString(), placedBy, reason],
]

const registerChanging = (hold: Command, program: Command): void => {
  hold
    .command('set')
    .summary('keep a job, or everything under a reference to a person')
    .requiredOption('--tenant <name>', 'whose')
    .option('--job <id>', 'one job')
    .option('--subject <reference>', 'every job with it, also those to come')
    .requiredOption('--reason <text>', 'the number of a case, not a name; it is kept in the audit trail')
    .action(async ({ reason, ...words }: Words & { readonly reason: string }) => {
      const { tenant, what } = parseThing(words)
      if (!REASON.test(reason)) throw new UsageError('--reason takes 1 to 200 characters on one line')
      const kind = await withHolds(program, ({ manage }) => manage.place(operator(), tenant, what, reason))
      if (kind !== 'placed')
        throw new NothingThereError(kind === 'erased' ? 'the job was erased' : 'the tenant has no such job')
      sayGood('held until it is lifted')
    })
  hold
    .command('lift')
    .summary('let it go again; what was due or asked for meanwhile is done now')
    .requiredOption('--tenant <name>', 'whose')
    .option('--job <id>', 'one job')
    .option('--subject <reference>', 'everything with it')
    .action(async (words: Words) => {
      const { tenant, what } = parseThing(words)
      if (!(await withHolds(program, ({ manage }) => manage.lift(operator(), tenant, what))))
        throw new NothingThereError('there is no such hold')
      sayGood('lifted')
    })
}

/** `./muster hold set|lift|list` */
export const registerHold = (program: Command): void => {
  const hold = program.command('hold').summary('legal holds: what must be kept though its time is over')
  registerChanging(hold, program)
  hold
    .command('list')
    .summary('what is held, by whom and why')
    .option('--tenant <name>', 'of one tenant')
    .option('--json', 'for programs')
    .action(async ({ tenant, json }: { readonly tenant?: string; readonly json?: boolean }) => {
      const found = await withHolds(program, ({ holds }) => holds.list(tenant))
      if (json) print(JSON.stringify(found, null, 2))
      else if (found.length > 0) print(table([HEADER, ...found.map(toRow)]))
      else say('nothing is held')
    })
}
