import { readFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { TASK_NAMES, type TaskName } from '../infra/domain/task.ts'
import { UsageError } from './exit-code.ts'
import { print, say } from './output.ts'
import { MEASURED } from './scale/figures.ts'
import { type Prices, peakFactorOf } from './scale/needs.ts'
import { figure, inColumns, ORDINARY, planOf, SIZES } from './scale/report.ts'

type ByTask = Readonly<Record<TaskName, number>>

interface Options {
  readonly checksPerDay: readonly number[]
  readonly mix: ByTask
  readonly peak: number
  readonly trace?: string
  readonly pictureKb: number
  readonly pictureDays: number
  readonly recordDays: number
  readonly keyDays: number
  readonly utilisation: number
  readonly perGpuNode?: ByTask
  readonly prices?: string
  readonly json?: boolean
}

const positive = (text: string): number => {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('must be a number above 0')
  return value
}

/** `face-match=50,liveness=30,ocr=20` */
const byTask = (text: string): ByTask => {
  const given = new Map(text.split(',').map((part) => part.split('=') as [string, string]))
  const unknown = [...given.keys()].find((name) => !(TASK_NAMES as readonly string[]).includes(name))
  if (unknown !== undefined) throw new InvalidArgumentError(`there is no task ${unknown}`)
  const values = TASK_NAMES.map((task) => [task, Number(given.get(task) ?? 0)] as const)
  if (values.some(([, value]) => !Number.isFinite(value) || value < 0))
    throw new InvalidArgumentError('must be like face-match=50,liveness=30,ocr=20')
  return Object.fromEntries(values) as Record<TaskName, number>
}

const shares = (text: string): ByTask => {
  const parts = byTask(text)
  const sum = TASK_NAMES.reduce((total, task) => total + parts[task], 0)
  if (sum === 0) throw new InvalidArgumentError('must not be nothing')
  return Object.fromEntries(TASK_NAMES.map((task) => [task, parts[task] / sum])) as Record<TaskName, number>
}

const PRICES = ['coreHour', 'gpuNodeHour', 'databaseGbMonth', 'storageGbMonth', 'storagePer1000Requests'] as const

const readPrices = async (file: string): Promise<Prices> => {
  const found = JSON.parse(await readFile(file, 'utf8')) as Prices
  const wrong = PRICES.filter((name) => !(Number.isFinite(found[name]) && found[name] >= 0))
  if (wrong.length > 0) throw new UsageError(`${file}: these must be numbers from 0 on: ${wrong.join(', ')}`)
  return found
}

const peakOf = async ({ trace, peak }: Options): Promise<number> => {
  if (trace === undefined) return peak
  const { parseTrace } = await import('../autoscaler/simulate/trace.ts')
  return peakFactorOf(parseTrace(await readFile(trace, 'utf8')).rates)
}

const run = async (options: Options): Promise<void> => {
  const { mix, pictureDays, recordDays, keyDays, utilisation, perGpuNode } = options
  const peakFactor = await peakOf(options)
  const prices = options.prices === undefined ? undefined : await readPrices(options.prices)
  const kept = { pictureBytes: options.pictureKb * 1_000, pictureDays, recordDays, keyDays }
  const plans = options.checksPerDay.map((checksPerDay) =>
    planOf(
      { checksPerDay, peakFactor, mix, utilisation, ...kept, ...(perGpuNode && { perGpuNode }) },
      MEASURED,
      prices,
    ),
  )
  if (options.json) print(JSON.stringify({ figures: MEASURED, prices, plans }, null, 2))
  else print(inColumns(plans, prices?.currency))
  say(`peak ${figure(peakFactor)} times the mean, ${utilisation * 100} % of a machine used at the peak; docs/scale.md`)
}

/** `./muster scale` */
export const registerScale = (program: Command): void => {
  program
    .command('scale')
    .summary('what so many checks a day take: machines, database, storage, money')
    .description(
      'Reckon on paper from figures that were measured (docs/benchmarks.md); `./muster simulate` and `./muster capacity`\n' +
        'say it of your own demand and your own node. GPUs were not measured: give what yours do with --per-gpu-node.',
    )
    .option('--checks-per-day <n...>', 'one column each', (text, given: number[] | undefined) => [
      ...(given ?? []),
      positive(text),
    ])
    .option('--mix <shares>', 'of the checks', shares, ORDINARY.mix)
    .option('--peak <factor>', 'the busiest minutes against the mean', positive, ORDINARY.peakFactor)
    .option('--trace <file>', 'take that from counts of yours: CSV with the header timestamp,requests')
    .option('--picture-kb <n>', 'a picture as it is stored', positive, ORDINARY.pictureBytes / 1_000)
    .option('--picture-days <n>', 'API_PICTURE_TTL_MS', positive, ORDINARY.pictureDays)
    .option('--record-days <n>', 'API_RECORD_TTL_MS', positive, ORDINARY.recordDays)
    .option('--key-days <n>', 'API_IDEMPOTENCY_TTL_MS', positive, ORDINARY.keyDays)
    .option('--utilisation <share>', 'of a machine at the peak', positive, ORDINARY.utilisation)
    .option('--per-gpu-node <rates>', 'checks/s of one node by task, from ./muster capacity there', byTask)
    .option('--prices <file>', `JSON: currency, ${PRICES.join(', ')}`)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      '\nExamples:\n  ./muster scale\n  ./muster scale --checks-per-day 500000 --mix liveness=1 --trace last-month.csv\n' +
        '  ./muster scale --prices docs/prices.example.json --per-gpu-node face-match=400,liveness=600,ocr=40\n',
    )
    .action((options: Options) => run({ ...options, checksPerDay: options.checksPerDay ?? SIZES }))
}
