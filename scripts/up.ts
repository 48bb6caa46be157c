import { join } from 'node:path'
import type { Command } from 'commander'
import { EXIT } from './exit-code.ts'
import { print, say, sayDim, sayGood, sayLoud } from './output.ts'
import { readEnvFile, withEnvFile } from './stack/env-file.ts'
import { isUp, ROOT, readStack, type StackPaths, stackFolder } from './stack/folder.ts'
import type { Tell } from './stack/tell.ts'

interface UpOptions {
  readonly detach?: boolean
  readonly check: boolean
}

const startedAt = performance.now()

const tell: Tell = {
  say: (line) => sayDim(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`),
  warn: sayLoud,
}

/** Three real checks with sample pictures, through the SDK: what a person would try first. */
const tryOut = async (url: string, apiKey: string): Promise<void> => {
  const { formatCheckTable, runSampleChecks } = await import('./check.ts')
  say('\nthree checks with sample pictures:')
  const rows = await runSampleChecks({ url, apiKey }, join(ROOT, 'test', 'fixtures'))
  print(formatCheckTable(rows))
  if (rows.every(({ ok }) => ok)) return
  sayLoud('not every check went well: ./muster logs shows why')
  process.exitCode = EXIT.failed
}

/** What the doctor says of a stack that has just come up; what it cannot say is no reason not to be up. */
const sayDoctor = async (paths: StackPaths): Promise<void> => {
  const { examine } = await import('./doctor/examine.ts')
  const { summaryOf } = await import('./doctor/summary.ts')
  try {
    const { findings } = await examine(withEnvFile(paths.env, process.env), paths.dir)
    const sayIt = findings.some(({ state }) => state === 'problem') ? sayLoud : sayGood
    sayIt(summaryOf(findings))
  } catch (error) {
    sayLoud(`doctor: could not look: ${(error as Error).message}`)
  }
}

const showWhatNext = (paths: StackPaths, url: string, apiKey: string): void => {
  sayGood(`\nMuster is up: ${url}`)
  print(`docs     ${url}/docs`)
  print(`console  ${readEnvFile(paths.env).MUSTER_FLEET_URL ?? ''}/console/   (sign in with the key)`)
  print(`api key  ${apiKey}`)
  print(`env      ${paths.env}`)
  say(
    '\nnext: ./muster check face-match A.jpg B.jpg   ./muster status   ./muster load liveness   ./muster top   ./muster logs -f   ./muster down',
  )
}

const sayTaken = (paths: StackPaths): void => {
  const stack = readStack(paths)
  const { MUSTER_API_KEY = '' } = readEnvFile(paths.env)
  if (isUp(stack) && stack.phase === 'ready' && stack.url) {
    showWhatNext(paths, stack.url, MUSTER_API_KEY)
    return
  }
  say('another ./muster up is starting or stopping this stack: see ./muster status')
  process.exitCode = EXIT.unavailable
}

const upDetached = async (paths: StackPaths, options: UpOptions): Promise<void> => {
  const { startDetached } = await import('./stack/detach.ts')
  const outcome = await startDetached(paths, process.env, tell)
  if (outcome.kind === 'ready') {
    if (options.check) await tryOut(outcome.url, outcome.apiKey)
    await sayDoctor(paths)
    showWhatNext(paths, outcome.url, outcome.apiKey)
  } else if (outcome.kind === 'taken') sayTaken(paths)
  else {
    for (const line of outcome.lines) sayLoud(line)
    process.exitCode = outcome.exitCode
  }
}

const upHere = async (paths: StackPaths, options: UpOptions): Promise<void> => {
  const { supervise } = await import('./stack/supervise.ts')
  const ran = await supervise({
    paths,
    env: process.env,
    tell,
    async onReady({ url, apiKey }, isStopping) {
      if (options.check) await tryOut(url, apiKey)
      if (!isStopping()) await sayDoctor(paths)
      if (isStopping()) return
      showWhatNext(paths, url, apiKey)
      say('Ctrl-C stops it.')
    },
  })
  if (!ran) sayTaken(paths)
}

/** `./muster up` */
export const registerUp = (program: Command): void => {
  program
    .command('up')
    .summary('start everything on this machine, and check that it works')
    .description(
      'Start private PostgreSQL, RabbitMQ and Redis servers, the api and the workers, and run three checks.\n' +
        'Servers given by DATABASE_URL, RABBITMQ_URL, REDIS_URL or STORAGE_URL are used instead of private ones.',
    )
    .option('-d, --detach', 'come back once everything answers; ./muster down stops it')
    .option('--no-check', 'do not try it out with sample pictures')
    .action(async (options: UpOptions) => {
      say('muster: starting')
      const paths = stackFolder(program.opts<{ dir?: string }>().dir)
      await (options.detach ? upDetached(paths, options) : upHere(paths, options))
      process.exit(process.exitCode ?? EXIT.ok)
    })
}
