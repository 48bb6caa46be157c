import { setTimeout as pause } from 'node:timers/promises'
import { type Command, InvalidArgumentError } from 'commander'
import type { RampStep } from '../autoscaler/ramp.ts'
import type { CapacityMeasurement } from '../infra/ports/capacity-store.ts'
import { NothingThereError, UsageError } from './exit-code.ts'
import type { PoolTarget } from './load/pool-target.ts'
import { print, say, sayDim, sayGood, table } from './output.ts'

interface CapacityFlags {
  readonly nodes: number
  readonly workers: readonly number[]
  readonly node?: string
  readonly device?: string
  readonly slo: number
  readonly from: number
  readonly step: number
  readonly hold: number
  readonly url?: string
}

/** What ran: the capacity is theirs and no other's. */
type Subject = Pick<CapacityMeasurement, 'pool' | 'models' | 'device' | 'workersPerNode'>

type Database = ReturnType<typeof import('../infra/postgres/pool.ts').openPool>

/** Workers that came up longer ago do not tell what runs now. */
const LOOK_BACK_MS = 14 * 86_400_000
const MOST_STARTS = 50
/** What a short pause lets the queue work off, so that a step does not pay for the one before. */
const DRAIN_MS = 2_000

const number = (least: number) => (text: string) => {
  const value = Number(text)
  if (!(value >= least && value <= 1_000_000)) throw new InvalidArgumentError(`a number from ${least} is needed`)
  return value
}

/** `4`, or `1,2,4` to measure each. */
const counts = (text: string): readonly number[] => {
  const all = text.split(',').map(number(1))
  if (all.some((count) => !Number.isInteger(count)) || new Set(all).size < all.length)
    throw new InvalidArgumentError('whole numbers apart by commas are needed, each once')
  return all
}

const figure = (value: number): string => value.toFixed(value < 10 ? 2 : 1)

const measureStep = async (target: PoolTarget, rate: number, ms: number, hold: boolean): Promise<RampStep> => {
  const [{ createSampleSender }, { createTally }, { keepArriving }] = await Promise.all([
    import('./load/samples.ts'),
    import('./load/tally.ts'),
    import('./load/arrivals.ts'),
  ])
  const tally = createTally()
  const send = createSampleSender(target.env, target.pool.tasks, target.samples, tally)
  const startedAt = performance.now()
  await keepArriving({ rate: () => rate, durationMs: ms, send, signal: new AbortController().signal })
  const elapsedMs = performance.now() - startedAt
  const { sentCount, doneCount, refusedCount, failedCount, p95Ms } = tally.take()
  // Of a few checks one more or less must not decide: what was really sent is the rate.
  const offered = (sentCount * 1000) / ms
  return {
    rate: offered,
    doneRate: (doneCount * 1000) / Math.max(ms, elapsedMs - (p95Ms ?? 0)),
    p95Ms,
    badCount: refusedCount + failedCount,
    hold,
  }
}

/** @returns what was found, or undefined where not even the smallest rate could be held */
const climb = async (target: PoolTarget, flags: CapacityFlags) => {
  const { nextMove } = await import('../autoscaler/ramp.ts')
  const steps: RampStep[] = []
  for (;;) {
    const move = nextMove(steps, flags.slo, flags.from)
    if (move.kind !== 'run') return move.kind === 'found' ? move : undefined
    const ms = 1000 * (move.hold ? flags.hold : flags.step)
    const step = await measureStep(target, move.rate, ms, move.hold)
    steps.push(step)
    const what = step.hold ? 'held' : 'tried'
    const p95 = step.p95Ms === undefined ? 'nothing done' : `p95 ${step.p95Ms.toFixed(0)} ms`
    sayDim(
      `${what} ${figure(step.rate)}/s: done ${figure(step.doneRate)}/s, ${p95}, ${step.badCount} refused or failed`,
    )
    await pause(DRAIN_MS)
  }
}

/** What runs in the pool now, as its workers said. */
const subjectOf = async (
  target: PoolTarget,
  flags: CapacityFlags,
  database: Database,
): Promise<Omit<Subject, 'workersPerNode'>> => {
  const [{ createModelCatalog }, { createBootRecord }, { modelsOf }] = await Promise.all([
    import('../infra/postgres/model-catalog.ts'),
    import('../infra/postgres/boot-record.ts'),
    import('../autoscaler/capacity.ts'),
  ])
  const { name, tasks } = target.pool
  const models = modelsOf(await createModelCatalog(database).list(), tasks)
  const starts = await createBootRecord(database).starts(name, Date.now() - LOOK_BACK_MS, MOST_STARTS)
  const device = flags.device ?? starts.find((start) => start.device !== null)?.device
  if (models === '' || !device) throw new NothingThereError(`no worker of pool ${name} has said what it runs`)
  return { pool: name, models, device }
}

type Measured = Omit<CapacityMeasurement, 'measuredAt'>

/** What the node does with so many workers; undefined where not even the smallest rate could be held. */
const measure = async (target: PoolTarget, flags: CapacityFlags, subject: Subject): Promise<Measured | undefined> => {
  const { workersPerNode } = subject
  const nodes = `${flags.nodes} node(s) of pool ${subject.pool} with ${workersPerNode} worker(s)`
  say(`how many checks a second ${nodes} do with 95 % under ${flags.slo} ms`)
  const found = await climb(target, flags)
  if (!found) return undefined
  return { ...subject, checksPerSecond: found.rate / flags.nodes, p95Ms: found.p95Ms, sloMs: flags.slo }
}

/** Each number in turn on the node that can be reached; afterwards it has as many workers as before. */
const measureEach = async (
  target: PoolTarget,
  flags: CapacityFlags,
  subject: Omit<Subject, 'workersPerNode'>,
): Promise<readonly Measured[]> => {
  const { createNodeCount, savingOrder } = await import('./capacity/node-count.ts')
  const url = flags.node ?? target.nodeUrl
  if (url === undefined || flags.nodes !== 1)
    throw new UsageError('several numbers are measured on one node that can be reached: NODE_URL, or --node')
  const token = process.env.NODE_ADMIN_TOKEN
  const node = createNodeCount(url, subject.pool, { ...(token && { token }) })
  const before = await node.read()
  const all: Measured[] = []
  try {
    for (const workersPerNode of flags.workers) {
      await node.set(workersPerNode)
      const measured = await measure(target, flags, { ...subject, workersPerNode })
      await node.mustBe(workersPerNode)
      if (measured) all.push(measured)
      else say(`not even the smallest rate can be held with ${workersPerNode} worker(s)`)
    }
  } finally {
    await node.set(before)
  }
  return savingOrder(all, before)
}

const tell = async (all: readonly Measured[], several: boolean): Promise<void> => {
  const rows = all.map(({ pool, models, device, workersPerNode, checksPerSecond, p95Ms }) => [
    ...[pool, models, device, String(workersPerNode), figure(checksPerSecond), p95Ms.toFixed(0)],
  ])
  print(table([['POOL', 'MODELS', 'DEVICE', 'WORKERS', 'CHECKS/S', 'P95 MS'], ...rows]))
  const last = all.at(-1)
  if (several) {
    const { workersFor } = await import('../worker/node/workers-for.ts')
    const most = Math.max(...all.map(({ workersPerNode }) => workersPerNode))
    const { count, why } = workersFor({ measurements: all, budgets: [], most })
    say(`a node with NODE_WORKERS=${last?.pool}=auto would run ${count}, where they fit: ${why}`)
  }
  sayGood(
    `the autoscaler reckons with ${figure(last?.checksPerSecond ?? 0)} checks a second of one node of pool ${last?.pool}`,
  )
}

const runCapacity = async (name: string, flags: CapacityFlags, dir: string | undefined): Promise<void> => {
  const [{ poolTarget }, { openPool }, { createCapacityStore }] = await Promise.all([
    import('./load/pool-target.ts'),
    import('../infra/postgres/pool.ts'),
    import('../infra/postgres/capacity-store.ts'),
  ])
  const target = poolTarget(name, dir, flags.url)
  const database = openPool({ url: target.databaseUrl, maxCount: 1, applicationName: 'muster capacity' })
  try {
    const subject = await subjectOf(target, flags, database)
    const [only = 1, ...others] = flags.workers
    const one = async () => [await measure(target, flags, { ...subject, workersPerNode: only })]
    const measured = others.length === 0 ? await one() : await measureEach(target, flags, subject)
    const all = measured.filter((found) => found !== undefined)
    if (all.length === 0) throw new NothingThereError(`not even the smallest rate can be held within ${flags.slo} ms`)
    for (const found of all) await createCapacityStore(database).save(found)
    await tell(all, others.length > 0)
  } finally {
    await database.end()
  }
}

/** `./muster capacity`: how much one node really does. */
export const registerCapacity = (program: Command): void => {
  program
    .command('capacity <pool>')
    .summary('measure how many checks a second one node of a pool does within the objective')
    .description(
      'Raise the rate until 95 % of the checks are no longer answered in time, then hold what was fine. The result is kept, ' +
        'and the autoscaler reckons with it. Hold the count meanwhile: ./muster override "pin <pool> 1 for 1h because capacity".',
    )
    .option('--nodes <n>', 'nodes that serve the pool now', number(1), 1)
    .option('--workers <n,...>', 'worker processes of one node; several, 1,2,4: each is set and measured', counts, [1])
    .option('--node <url>', "the node whose count is set; unless told, the stack's own")
    .option('--device <name>', 'what the workers run on; unless told, what the newest of them said')
    .option('--slo <ms>', 'what 95 % must stay under', number(1), 3_000)
    .option('--from <per-second>', 'first rate to try', number(0.05), 1)
    .option('--step <seconds>', 'for each rate on the way up', number(1), 15)
    .option('--hold <seconds>', 'for the rate that is kept', number(1), 60)
    .option('--url <url>', 'where Muster is')
    .action((name: string, flags: CapacityFlags) => runCapacity(name, flags, program.opts<{ dir?: string }>().dir))
}
