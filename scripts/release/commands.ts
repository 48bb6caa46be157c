import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { EXIT, UsageError } from '../exit-code.ts'
import { print, say, sayGood, sayLoud, table } from '../output.ts'
import { ROOT, stackFolder } from '../stack/folder.ts'
import type { Wish } from './begin.ts'
import type { Site } from './site.ts'
import type { ReleaseState } from './state.ts'
import { PARTS, type PartName, STRATEGIES, type Strategy } from './steps.ts'

interface ReleaseOptions {
  readonly strategy: Strategy
  readonly varFile: string
  readonly jobs: string
  readonly workers: string
  readonly only: readonly PartName[]
  readonly to?: string
  readonly from?: string
  readonly json?: boolean
}
interface ApplyOptions extends ReleaseOptions {
  readonly state?: string
  readonly watch: number
  readonly back?: boolean
}

const POLL_MS = 1_000
const STEP_MS = 45 * 60_000
const DEFAULT_WATCH_S = 60
/** A fleet of thousands lists all its allocations, also those that have just ended. */
const NOMAD_LIMITS = { timeoutMs: 30_000, maxBytes: 64_000_000 }

const parts = (text: string): readonly PartName[] => {
  const named = text.split(',').map((name) => name.trim())
  const wrong = named.find((name) => !PARTS.some((part) => part === name))
  if (wrong !== undefined) throw new InvalidArgumentError(`parts are ${PARTS.join(', ')}`)
  return PARTS.filter((part) => named.includes(part))
}

const seconds = (text: string): number => {
  const value = Number(text)
  if (!(value >= 0)) throw new InvalidArgumentError('it is a number of seconds')
  return value
}

const ownVersion = (): string =>
  (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version

const readSite = ({ jobs, workers, varFile }: ReleaseOptions): Site => {
  const file = (name: string) => readFileSync(join(jobs, name), 'utf8')
  const files = {
    migrate: file('migrate.nomad.hcl'),
    workers: file(workers),
    api: file('api.nomad.hcl'),
    autoscaler: file('autoscaler.nomad.hcl'),
  }
  return { files, variables: readFileSync(varFile, 'utf8') }
}

const openNomad = async () => {
  const { createReleaseNomad } = await import('./nomad.ts')
  const { readSecretFile } = await import('../../infra/runtime/secret-file.ts')
  const { NOMAD_ADDR, NOMAD_TOKEN, NOMAD_TOKEN_FILE, NOMAD_NAMESPACE, NOMAD_REGION } = process.env
  if (!NOMAD_ADDR) throw new UsageError('NOMAD_ADDR must name the Nomad to release to')
  const token = () => (NOMAD_TOKEN_FILE ? readSecretFile(NOMAD_TOKEN_FILE) : NOMAD_TOKEN || undefined)
  const where = { address: NOMAD_ADDR, token, namespace: NOMAD_NAMESPACE || 'default', ...NOMAD_LIMITS }
  return createReleaseNomad({ ...where, ...(NOMAD_REGION && { region: NOMAD_REGION }) })
}

/** Migrations that the database has; undefined when none is named. */
const readApplied = async (): Promise<ReadonlySet<string> | undefined> => {
  const { DATABASE_URL } = process.env
  if (!DATABASE_URL) return undefined
  const { migrationStatus } = await import('../../infra/postgres/migrate.ts')
  const { migrationTexts } = await import('./check.ts')
  const { missing, contractsWaiting } = await migrationStatus(DATABASE_URL)
  const absent = new Set([...missing, ...contractsWaiting])
  return new Set(migrationTexts(ROOT).flatMap(({ file }) => (absent.has(file) ? [] : [file])))
}

/** The release that is wanted, if nothing speaks against it. @throws UsageError with all that does */
const open = async (options: ReleaseOptions) => {
  const { migrationTexts, problemsOf } = await import('./check.ts')
  const { runningVersion } = await import('./look.ts')
  const { refuseRelease } = await import('./refuse.ts')
  const { openState } = await import('./begin.ts')
  const to = options.to ?? ownVersion()
  const problems = await problemsOf(ROOT, join(ROOT, 'releases'), to)
  const [nomad, site] = [await openNomad(), readSite(options)]
  const wish: Wish = { from: '', to, strategy: options.strategy, only: options.only }
  const state = await openState(nomad, site, wish)
  const from = options.from ?? (await runningVersion(nomad, state.before[state.names.api] ?? null))
  if (from === undefined) throw new UsageError('no api says which version runs: name it with --from')
  const against = refuseRelease({ from, to }, problems, migrationTexts(ROOT), await readApplied())
  for (const one of against) sayLoud(`muster: ${one}`)
  if (against.length > 0) throw new UsageError(`${to} is not released after ${from}`)
  return { nomad, site, state: { ...state, from } }
}

const inWords = (groups: Readonly<Record<string, Readonly<Record<string, number>>>>): string =>
  Object.entries(groups)
    .map(([group, counts]) => {
      const changes = Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []))
      return `${group}: ${changes.join(', ') || 'nothing'}`
    })
    .join('; ')

const plan = async (options: ReleaseOptions): Promise<void> => {
  const { forecastSteps } = await import('./begin.ts')
  const { nomad, site, state } = await open(options)
  const steps = await forecastSteps(nomad, site, state)
  if (options.json) return print(JSON.stringify({ from: state.from, to: state.to, steps }, null, 2))
  say(`${state.from} -> ${state.to}, ${state.strategy}`)
  const cells = steps.map(({ step, job, forecast }) => [
    ...[step.id, job, step.says],
    !forecast ? '-' : forecast.changes ? inWords(forecast.groups) : 'nothing to change',
  ])
  print(table([['STEP', 'JOB', 'WHAT', 'NOMAD WOULD'], ...cells]))
  for (const { job, forecast } of steps)
    for (const group of forecast?.unplaced ?? []) sayLoud(`muster: there is no place now for ${group} of ${job}`)
}

const apply = async (options: ApplyOptions, dir: string | undefined): Promise<void> => {
  const { readState, writeState } = await import('../../infra/local/state-file.ts')
  const { Apply } = await import('./apply.ts')
  const { inputsOf, observe } = await import('./begin.ts')
  const { createLook } = await import('./look.ts')
  const { isSame, ReleaseUnderWayError } = await import('./state.ts')
  const path = options.state ?? join(stackFolder(dir).dir, 'release.json')
  const kept = readState<ReleaseState>(path)
  const patience = { pollMs: POLL_MS, watchMs: options.watch * 1_000, stepMs: STEP_MS }
  const depsOf = (nomad: Awaited<ReturnType<typeof openNomad>>, site: Site) => ({
    ...{ nomad, site, look: createLook(nomad), say, pause: (ms: number) => pause(ms) },
    keep: (state: ReleaseState) => writeState(path, state),
  })
  const isUnderWay = kept !== undefined && kept.outcome !== 'released' && kept.outcome !== 'taken back'
  if (options.back || kept?.outcome === 'going back') {
    if (!isUnderWay) throw new UsageError('no release is under way')
    await new Apply(depsOf(await openNomad(), readSite(options)), kept, patience).back()
    // Who asked for a release has not got it.
    if (!options.back) return tell(false, kept)
    return sayGood(`everything runs as before: ${kept.from}`)
  }
  if (isUnderWay) {
    const site = readSite(options)
    const wanted = { to: options.to ?? kept.to, strategy: options.strategy, only: options.only }
    if (!isSame(kept, { ...wanted, inputs: inputsOf(site) })) throw new ReleaseUnderWayError(kept)
    say(`going on with the release of ${kept.to}`)
    return tell(await new Apply(depsOf(await openNomad(), site), kept, patience).run(), kept)
  }
  const { nomad, site, state } = await open(options)
  say(`${state.from} -> ${state.to}, ${state.strategy}: looking for ${options.watch} s at how callers fare`)
  const baseline = await observe(createLook(nomad), state, () => pause(patience.watchMs))
  tell(await new Apply(depsOf(nomad, site), { ...state, baseline }, patience).run(), state)
}

const tell = (released: boolean, { from, to }: ReleaseState): void => {
  process.exitCode = released ? EXIT.ok : EXIT.failed
  if (released) sayGood(`${to} runs`)
  else sayLoud(`muster: ${to} was taken back; everything runs as before: ${from}`)
  if (released)
    say('what an older release could not work with waits: ./muster migrate --contract, when there is no going back')
}

const common = (command: Command): Command =>
  command
    .requiredOption('--var-file <file>', "your site's variables, with the images of the new version")
    .addOption(new Option('--strategy <name>', 'how').choices(STRATEGIES).default('rolling'))
    .option('--jobs <folder>', 'where the job files are', join(ROOT, 'nomad'))
    .option('--workers <file>', "the workers' job file in it", 'worker.nomad.hcl')
    .option('--only <parts>', `some of ${PARTS.join(',')}`, parts, PARTS)
    .option('--to <version>', 'what the images hold; the version of this checkout unless told')
    .option('--from <version>', 'what runs; asked of the api unless told')

/** `./muster release plan` and `./muster release apply` */
export const registerPlan = (release: Command): void => {
  common(release.command('plan'))
    .summary('what a release would do to a site, step by step')
    .description(
      'Print the steps with what Nomad says to each, and change nothing. NOMAD_ADDR and NOMAD_TOKEN_FILE name the Nomad.\n' +
        'Refused: what `release check` refuses, and the way back over a migration that took something away.',
    )
    .option('--json', 'for programs')
    .action(plan)
  common(release.command('apply'))
    .summary('release it')
    .description(
      'Go the steps of `release plan`. Between them it is seen whether jobs end well and in time, against before; when they\n' +
        'do not, or an allocation does not become healthy, everything is put back. Interrupted, the same command goes on.',
    )
    .option('--watch <seconds>', 'how long to look before, and at each trial', seconds, DEFAULT_WATCH_S)
    .option('--back', 'put back a release that is under way')
    .option(
      '--state <file>',
      'where it is kept how far it has come; release.json in the folder of the stack unless told',
    )
    .action((options: ApplyOptions, command: Command) =>
      apply(options, command.optsWithGlobals<{ dir?: string }>().dir),
    )
}
