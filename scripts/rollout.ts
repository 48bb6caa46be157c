import { userInfo } from 'node:os'
import type { Command } from 'commander'
import type { ManageRollouts, RolloutActor } from '../api/manage-rollouts.ts'
import { DEFAULT_LIMITS, ordinaryShare, type Rollout, type RolloutLimits } from '../infra/domain/rollout.ts'
import { TASK_NAMES, type TaskName } from '../infra/domain/task.ts'
import { UsageError } from './exit-code.ts'
import { print, say, sayGood, table } from './output.ts'
import { describeRollout } from './rollout-report.ts'
import { withEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'

/** What a command line says of a new rollout. */
export interface StartFlags {
  readonly model?: string
  readonly threshold?: readonly string[]
  readonly shadow?: boolean
  readonly canary?: boolean
  readonly share?: string
  readonly tenant?: readonly string[]
  readonly maxErrors?: string
  readonly maxP95?: string
  readonly maxFlips?: string
  readonly maxShift?: string
  readonly minSample?: string
  readonly because: string
}

const LISTED = 20
const ROLE = /^[a-z][a-z0-9-]{0,63}$/
const MODEL = /^[a-z0-9][a-z0-9._-]{0,99}@[0-9A-Za-z.-]{1,60}$/
const THRESHOLD = /^([A-Za-z][A-Za-z0-9]{0,39})=(-?\d+(?:\.\d+)?)$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const REASON = /^[^\u0000-\u001f\u007f-\u009f]{1,200}$/

const reasonOf = (text: string): string => {
  if (!REASON.test(text)) throw new UsageError('--because takes 1 to 200 characters on one line')
  return text
}

/** `10%` or `0.1`. */
const ratioOf = (flag: string, text: string): number => {
  const percent = text.endsWith('%')
  const value = text.trim() === '' ? Number.NaN : Number(percent ? text.slice(0, -1) : text) / (percent ? 100 : 1)
  if (!(value >= 0 && value <= 1)) throw new UsageError(`${flag} takes a share, for example 5% or 0.05`)
  return value
}

const overZero = (flag: string, text: string): number => {
  const value = Number(text)
  if (!(Number.isFinite(value) && value > 0)) throw new UsageError(`${flag} takes a number over 0`)
  return value
}

const limitsOf = ({ maxErrors, maxP95, maxFlips, maxShift, minSample }: StartFlags): RolloutLimits => {
  const minSampleCount = minSample === undefined ? DEFAULT_LIMITS.minSampleCount : overZero('--min-sample', minSample)
  if (!Number.isInteger(minSampleCount)) throw new UsageError('--min-sample takes a whole number')
  return {
    maxErrorRatio: maxErrors === undefined ? DEFAULT_LIMITS.maxErrorRatio : ratioOf('--max-errors', maxErrors),
    maxP95Ratio: maxP95 === undefined ? DEFAULT_LIMITS.maxP95Ratio : overZero('--max-p95', maxP95),
    maxFlipRatio: maxFlips === undefined ? DEFAULT_LIMITS.maxFlipRatio : ratioOf('--max-flips', maxFlips),
    maxScoreShift: maxShift === undefined ? DEFAULT_LIMITS.maxScoreShift : ratioOf('--max-shift', maxShift),
    minSampleCount,
  }
}

const thresholdsOf = (texts: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    texts.map((text) => {
      const [, name, value] = THRESHOLD.exec(text) ?? []
      if (name === undefined) throw new UsageError('--threshold takes name=number, for example live=0.7')
      return [name, Number(value)]
    }),
  )

const isTask = (text: string): text is TaskName => (TASK_NAMES as readonly string[]).includes(text)

/**
 * What a command line wants to try.
 * @throws UsageError
 */
export const parseStart = (task: string, role: string, flags: StartFlags): Parameters<ManageRollouts['start']>[0] => {
  const { model = null, threshold = [], shadow = false, canary = false, share, tenant = [] } = flags
  if (!isTask(task)) throw new UsageError(`the task is one of ${TASK_NAMES.join(', ')}`)
  if (!ROLE.test(role)) throw new UsageError('the role is a word of the manifest, for example face-liveness')
  if (model !== null && !MODEL.test(model)) throw new UsageError('--model takes name@version')
  if (shadow === canary) throw new UsageError('say --shadow or --canary')
  const thresholds = thresholdsOf(threshold)
  if (model === null && threshold.length === 0) throw new UsageError('name what to try: --model, --threshold or both')
  const mode = shadow ? 'shadow' : 'canary'
  return {
    task,
    candidate: { role, model, thresholds },
    mode,
    share: share === undefined ? ordinaryShare(mode, tenant) : ratioOf('--share', share),
    tenants: tenant,
    limits: limitsOf(flags),
    reason: reasonOf(flags.because),
  }
}

const operator = (): RolloutActor => ({ actor: `cli:${userInfo().username}`, channel: 'cli' })

const withRollouts = async <T>(program: Command, work: (rollouts: ManageRollouts) => Promise<T>): Promise<T> => {
  const { DATABASE_URL } = withEnvFile(stackFolder(program.opts<{ dir?: string }>().dir).env, process.env)
  if (!DATABASE_URL) throw new UsageError('set DATABASE_URL, or run ./muster up')
  const { openPool } = await import('../infra/postgres/pool.ts')
  const { createRolloutStore } = await import('../infra/postgres/rollout-store.ts')
  const { createAuditLog } = await import('../infra/postgres/audit-log.ts')
  const { createManageRollouts } = await import('../api/manage-rollouts.ts')
  const pool = openPool({ url: DATABASE_URL, maxCount: 1 })
  try {
    return await work(createManageRollouts({ rollouts: createRolloutStore(pool), audit: createAuditLog(pool) }))
  } finally {
    await pool.end()
  }
}

const HEADER = ['ID', 'TASK', 'ROLE', 'TRIES', 'MODE', 'SHARE', 'STATE', 'SINCE', 'BY', 'REASON']
const toRow = ({ id, task, candidate, mode, share, state, startedAt, ...rest }: Rollout): readonly string[] => {
  const thresholds = Object.entries(candidate.thresholds).map(([name, value]) => `${name}=${value}`)
  const tries = [...(candidate.model === null ? [] : [candidate.model]), ...thresholds].join(' ')
  const since = `${new Date(rest.changedAt ?? startedAt).toISOString().slice(0, 16)}Z`
  const [by, reason] = [rest.changedBy ?? rest.startedBy, rest.changeReason ?? rest.reason]
  return [id, task, candidate.role, tries, mode, `${share * 100}%`, state, since, by, reason]
}

const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

const registerStart = (rollout: Command, program: Command): void => {
  rollout
    .command('start')
    .summary('try a model, or other thresholds, in the shadow or for a share of the jobs')
    .argument('<task>', TASK_NAMES.join(', '))
    .argument('<role>', 'whose place the candidate takes, for example face-liveness')
    .option('--model <name@version>', 'what is tried; the model in use unless told')
    .option('--threshold <name=value>', 'another threshold; may be repeated', repeated)
    .option('--shadow', 'the base answers, the candidate judges the same afterwards')
    .option('--canary', 'the candidate answers')
    .option('--share <share>', 'of the jobs: 5% or 0.05; unless told 5% of a canary without --tenant, else all')
    .option('--tenant <name>', 'whose jobs; may be repeated; everybody’s unless told', repeated)
    .option('--max-errors <share>', 'taken back beyond it; 1% unless told')
    .option('--max-p95 <times>', '95th percentile of model time over the base’s; 1.5 unless told')
    .option('--max-flips <share>', 'decisions that differ; 2% unless told')
    .option('--max-shift <score>', 'how far scores are off on average; 0.05 unless told')
    .option('--min-sample <jobs>', 'judged before a verdict; 200 unless told')
    .requiredOption('--because <text>', 'for the audit trail')
    .action(async (task: string, role: string, flags: StartFlags) => {
      const wanted = parseStart(task, role, flags)
      const { id } = await withRollouts(program, (rollouts) => rollouts.start(wanted, operator()))
      print(id)
      sayGood(`started; workers load the candidate within seconds: ./muster rollout show ${id}`)
    })
}

const registerDeciding = (rollout: Command, program: Command): void => {
  for (const [verb, summary, done] of [
    ['promote', 'the candidate answers every job', 'promoted; make it the base and end the rollout when it is'],
    ['end', 'the base answers every job again', 'ended; workers are back on the base within seconds'],
  ] as const)
    rollout
      .command(verb)
      .summary(summary)
      .argument('<id>', 'of the rollout')
      .requiredOption('--because <text>', 'for the audit trail')
      .action(async (id: string, { because }: { readonly because: string }) => {
        await withRollouts(program, (rollouts) => rollouts[verb](id, reasonOf(because), operator()))
        sayGood(done)
      })
}

const registerReading = (rollout: Command, program: Command): void => {
  rollout
    .command('list')
    .summary('the newest rollouts, and what became of them')
    .option('--json', 'for programs')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const found = await withRollouts(program, (rollouts) => rollouts.list(LISTED))
      const { toRolloutResource } = await import('../api/routes/rollout-schema.ts')
      if (json) print(JSON.stringify(found.map(toRolloutResource), null, 2))
      else if (found.length > 0) print(table([HEADER, ...found.map(toRow)]))
      else say('nothing was ever tried')
    })
  rollout
    .command('show')
    .summary('what came of one: counts, verdict, workers')
    .argument('<id>', 'of the rollout')
    .option('--json', 'for programs')
    .action(async (id: string, { json }: { readonly json?: boolean }) => {
      const view = await withRollouts(program, (rollouts) => rollouts.show(id))
      const { toRolloutView } = await import('../api/routes/rollout-schema.ts')
      print(json ? JSON.stringify(toRolloutView(view), null, 2) : describeRollout(view))
    })
}

/** `./muster rollout start|list|show|promote|end` */
export const registerRollout = (program: Command): void => {
  const rollout = program
    .command('rollout')
    .summary('try a model or other thresholds, and take them back')
    .description('A candidate that breaks a limit is taken back by itself; to promote one is a person’s decision.')
  registerStart(rollout, program)
  registerReading(rollout, program)
  registerDeciding(rollout, program)
}
