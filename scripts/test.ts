import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { stopTestServers } from './down.ts'
import { EXIT, explain } from './exit-code.ts'
import { print, say, sayDim, sayLoud } from './output.ts'
import { ROOT, stackFolder } from './stack/folder.ts'
import { addTallies, readTally, type Tally } from './test/tally.ts'

const SUITES = ['unit', 'integration', 'e2e', 'chaos'] as const
type Suite = (typeof SUITES)[number]

/** Biome writes colour codes into pipes and files unless told not to. */
const inColour = process.stderr.isTTY && !process.env.NO_COLOR

/** Checks that run no test: each counts as one. */
const CHECKS: readonly (readonly [string, readonly string[]])[] = [
  ['types', ['node_modules/typescript/bin/tsc', '--noEmit']],
  ['format and lint', ['node_modules/@biomejs/biome/bin/biome', 'ci', `--colors=${inColour ? 'force' : 'off'}`, '.']],
]

/** Programs that only tests need, and Debian's packages of them: the bundle is installed where there is no network. */
const TOOLS = {
  ip: 'iproute2',
  openssl: 'openssl',
  unshare: 'util-linux',
  flock: 'util-linux',
  gzip: 'gzip',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  'prometheus-alertmanager': 'prometheus-alertmanager',
  chromium: 'chromium',
}

/** Run one of the installed tools with our own Node; its output goes where ours goes. */
const runTool = async (args: readonly string[]): Promise<boolean> => {
  const child = spawn(process.execPath, [...args], { cwd: ROOT, stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  return code === 0
}

const runChecks = async (): Promise<Tally> => {
  let tally: Tally = { passedCount: 0, failedCount: 0 }
  for (const [name, args] of CHECKS) {
    sayDim(`checking ${name}`)
    const ok = await runTool(args)
    tally = addTallies(tally, { passedCount: ok ? 1 : 0, failedCount: ok ? 0 : 1 })
  }
  return tally
}

const runSuite = async (suite: Suite, args: readonly string[]): Promise<Tally> => {
  const scratch = mkdtempSync(join(tmpdir(), 'muster-test-'))
  const report = join(scratch, 'report.json')
  sayDim(`testing ${suite}`)
  try {
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', suite, '--passWithNoTests']
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const ok = await runTool([...vitest, ...reporters, ...args])
    return readTally(report, ok)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** What tests need beside the code: Debian's servers and the models. */
const prepare = async (): Promise<void> => {
  const { ensurePackages, ensureTools } = await import('../infra/local/packages.ts')
  const { SERVER_NAMES } = await import('../infra/local/server-kind.ts')
  const { prepareModels } = await import('./prepare-models.ts')
  const { logs, models } = stackFolder(undefined)
  mkdirSync(logs, { recursive: true })
  await ensurePackages(SERVER_NAMES, join(logs, 'install.log'), say)
  await ensureTools(TOOLS, join(logs, 'install.log'), say)
  await prepareModels(models, (file, what) => {
    if (what === 'prepared') sayDim(`model prepared: ${file}`)
  })
}

const runAll = async (suites: readonly Suite[], withChecks: boolean, args: readonly string[]): Promise<Tally> => {
  await prepare()
  let tally: Tally = withChecks ? await runChecks() : { passedCount: 0, failedCount: 0 }
  for (const suite of suites) tally = addTallies(tally, await runSuite(suite, args))
  return tally
}

const isSuite = (name: string | undefined): name is Suite => (SUITES as readonly (string | undefined)[]).includes(name)

/** `./muster test` */
export const registerTest = (program: Command): void => {
  program
    .command('test')
    .summary('run the tests, with private servers where they need some')
    .description(
      'Run one suite, or all with the type and lint checks. Servers for tests keep running between runs.\n' +
        'The last line is the sum: `N passed, N failed`.',
    )
    .argument('[suite]', 'unit, integration, e2e, chaos or all', 'all')
    .argument('[args...]', 'after --: arguments for vitest, for example -- -t "keeps the data"')
    .option('--stop-servers', 'stop the servers for tests afterwards')
    .action(async (suite: string, rest: readonly string[], { stopServers }: { stopServers?: boolean }) => {
      // Ctrl-C reaches vitest too, which ends in order; we wait for it and still print the sum.
      process.on('SIGINT', () => {})
      const named = isSuite(suite) || suite === 'all'
      const args = named ? rest : [suite, ...rest]
      const suites = isSuite(suite) ? [suite] : SUITES
      let tally: Tally
      try {
        tally = await runAll(suites, suite === 'all' && args.length === 0, args)
      } catch (error) {
        for (const line of explain(error)) sayLoud(line)
        tally = { passedCount: 0, failedCount: 1 }
      }
      if (stopServers) await stopTestServers(stackFolder(undefined))
      print(`${tally.passedCount} passed, ${tally.failedCount} failed`)
      process.exitCode = tally.failedCount === 0 ? EXIT.ok : EXIT.failed
    })
}
