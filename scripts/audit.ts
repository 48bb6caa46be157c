import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { AuditEntry, AuditHead, AuditLog, AuditTrail } from '../infra/ports/audit-log.ts'
import { type ChainFault, readChain } from '../infra/runtime/audit-chain.ts'
import { EXIT, UsageError } from './exit-code.ts'
import { print, say, sayGood, sayLoud, table } from './output.ts'
import { parsePeriod } from './period.ts'
import { withEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'

const DEFAULT_LIMIT = 100
/** Entries read at a time while verifying. */
const PAGE = 5_000
const HASH = /^[0-9a-f]{64}$/

const withTrail = async <T>(program: Command, work: (trail: AuditLog & AuditTrail) => Promise<T>): Promise<T> => {
  const { DATABASE_URL } = withEnvFile(stackFolder(program.opts<{ dir?: string }>().dir).env, process.env)
  if (!DATABASE_URL) throw new UsageError('set DATABASE_URL, or run ./muster up')
  const { openPool } = await import('../infra/postgres/pool.ts')
  const { createAuditLog } = await import('../infra/postgres/audit-log.ts')
  const pool = openPool({ url: DATABASE_URL, maxCount: 1 })
  try {
    return await work(createAuditLog(pool))
  } finally {
    await pool.end()
  }
}

/** What `--json` prints of an entry. Public: members are added, never renamed. */
const toJson = (entry: AuditEntry) => ({ ...entry, at: new Date(entry.at).toISOString() })

const toRow = ({ seq, at, actor, channel, action, tenant, target, details }: AuditEntry): readonly string[] => [
  String(seq),
  new Date(at).toISOString(),
  actor,
  channel,
  action,
  tenant ?? '-',
  target,
  JSON.stringify(details ?? {}),
]
const HEADER = ['SEQ', 'AT', 'ACTOR', 'CHANNEL', 'ACTION', 'TENANT', 'TARGET', 'DETAILS']

/**
 * `90d`, `12h` or an instant, as epoch ms.
 * @throws UsageError
 */
export const parseSince = (text: string, now: number): number => {
  const periodMs = parsePeriod(text)
  const at = periodMs === undefined ? Date.parse(text) : now - periodMs
  if (!Number.isFinite(at)) throw new UsageError('--since takes 7d, 12h, 2027-01-31 or 2027-01-31T09:00Z')
  return at
}

/**
 * Heads that were kept elsewhere: a hash, or lines of `seq hash` as `audit verify` and the log of the api tell them.
 * @throws UsageError when there is none in it
 */
export const parseAnchors = (text: string): readonly AuditHead[] => {
  const anchors = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const [first = '', second] = line.split(/\s+/)
      const [seq, hash] = second === undefined ? [0, first] : [Number(first), second]
      if (!HASH.test(hash) || !Number.isSafeInteger(seq) || seq < 0)
        throw new UsageError('a head is 64 hexadecimal digits, after its number where that is known')
      return { seq, hash }
    })
  if (anchors.length === 0) throw new UsageError('there is no head in it')
  return anchors
}

/** Read the whole trail. @returns its last entry and what is wrong with it */
export const verifyTrail = async (
  trail: AuditTrail,
  anchors: readonly AuditHead[],
): Promise<{ readonly last: AuditHead; readonly faults: readonly ChainFault[] }> => {
  const reader = readChain(anchors)
  // The head first: what is added meanwhile comes after it, and is left for the next time.
  const head = await trail.head()
  let seq = 0
  for (;;) {
    const page = (await trail.after(seq, PAGE)).filter((entry) => entry.seq <= head.seq)
    for (const entry of page) reader.read(entry)
    if (page.length < PAGE) return reader.end(head)
    seq = page.at(-1)?.seq ?? seq
  }
}

interface ListOptions {
  readonly tenant?: string
  readonly action?: string
  readonly since?: string
  readonly limit?: string
  readonly json?: boolean
}

const registerList = (audit: Command, program: Command): void => {
  audit
    .command('list')
    .summary('who did what, newest first')
    .option('--tenant <name>', 'with this tenant’s data only')
    .option('--action <name>', 'for example sensitive_read')
    .option('--since <when>', '7d, 12h, a date or an instant')
    .option('--limit <count>', 'entries at most', String(DEFAULT_LIMIT))
    .option('--json', 'for programs')
    .action(async ({ tenant, action, since, limit, json }: ListOptions) => {
      const count = Number(limit)
      if (!Number.isSafeInteger(count) || count < 1) throw new UsageError('--limit takes a number over 0')
      const entries = await withTrail(program, (trail) =>
        trail.list({
          limit: count,
          ...(tenant !== undefined && { tenant }),
          ...(action !== undefined && { action }),
          ...(since !== undefined && { since: parseSince(since, Date.now()) }),
        }),
      )
      if (json) print(JSON.stringify(entries.map(toJson), null, 2))
      else if (entries.length > 0) print(table([HEADER, ...entries.map(toRow)]))
      else say('nothing of that kind is on the trail')
    })
}

const registerVerify = (audit: Command, program: Command): void => {
  audit
    .command('verify')
    .summary('is every entry there, unchanged, in its order?')
    .description(
      'Read the whole trail. Whoever can write to the database can also rewrite all of it: a head that was kept\n' +
        'elsewhere tells. Keep the line that this command prints, and give it to the next one.\n' +
        'Exit code 1 when something is wrong.',
    )
    .option('--head <hash>', 'this hash must be in it')
    .option('--anchor <file>', 'heads that were kept elsewhere, one `seq hash` a line')
    .option('--json', 'for programs')
    .action(async ({ head, anchor, json }: { head?: string; anchor?: string; json?: boolean }) => {
      const anchors = [
        ...(head === undefined ? [] : parseAnchors(head)),
        ...(anchor === undefined ? [] : parseAnchors(readAnchor(anchor))),
      ]
      const { last, faults } = await withTrail(program, (trail) => verifyTrail(trail, anchors))
      if (json) print(JSON.stringify({ ...last, faults }, null, 2))
      else {
        print(`${last.seq} ${last.hash}`)
        for (const { seq, fault } of faults) sayLoud(`entry ${seq}: ${fault}`)
      }
      if (faults.length === 0) sayGood(`${last.seq} entries, none changed, missing or out of order`)
      process.exitCode = faults.length === 0 ? EXIT.ok : EXIT.failed
    })
}

const readAnchor = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError('the file of --anchor cannot be read', { cause: error })
  }
}

/** `./muster audit list|verify` */
export const registerAudit = (program: Command): void => {
  const audit = program.command('audit').summary('the audit trail: who did what, and whether it is whole')
  registerList(audit, program)
  registerVerify(audit, program)
}
