import type { Command } from 'commander'
import { DEFAULT_POOLS } from '../infra/domain/pools.ts'
import { EXIT } from './exit-code.ts'
import { print, say, sayLoud, table } from './output.ts'
import { readEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'

interface Setting {
  readonly name: string
  /** without passwords and keys; null = not set */
  readonly value: string | null
  readonly from: 'environment' | 'last up' | 'default' | 'not set'
}

const readSettings = async (file: Readonly<Record<string, string>>): Promise<readonly Setting[]> => {
  const { allVariables, redact } = await import('./config/variables.ts')
  return allVariables().map(({ name, byDefault }) => {
    const setting = (from: Setting['from'], value: string) => ({ name, value: redact(name, value), from })
    if (process.env[name]) return setting('environment', process.env[name])
    if (file[name]) return setting('last up', file[name])
    return byDefault === undefined ? { name, value: null, from: 'not set' } : setting('default', byDefault)
  })
}

const firstPool = (pools = DEFAULT_POOLS): string => pools.split('=')[0]?.trim() ?? ''

/** Ask the processes' own schemas; each problem is told once. */
export const findProblems = async (env: Readonly<Record<string, string | undefined>>): Promise<readonly string[]> => {
  const { ConfigError, loadConfig } = await import('../infra/runtime/config.ts')
  const { apiConfig, apiRules } = await import('../api/config.ts')
  const { autoscalerConfig, autoscalerRules } = await import('../autoscaler/config.ts')
  const { nodeConfig, nodeRules } = await import('../worker/node/config.ts')
  const { workerConfig, workerRules } = await import('../worker/config.ts')
  const checks = [
    () => loadConfig(apiConfig, env, apiRules),
    () => loadConfig(nodeConfig, env, nodeRules),
    () => loadConfig(autoscalerConfig, env, autoscalerRules),
    // A node tells each of its workers which pool is its own.
    () => loadConfig(workerConfig, { WORKER_POOL: firstPool(env.POOLS), ...env }, workerRules),
  ]
  const problems = checks.flatMap((check) => {
    try {
      check()
      return []
    } catch (error) {
      if (error instanceof ConfigError) return error.problems
      throw error
    }
  })
  return [...new Set(problems)]
}

/** `./muster config` */
export const registerConfig = (program: Command): void => {
  const config = program
    .command('config')
    .summary('what can be configured, and what is')
    .description('Muster is configured by environment variables.')
  config
    .command('print')
    .summary('every variable with its value and where that comes from')
    .description(
      'Show every variable with its value and where that comes from, without passwords and keys.\n' +
        'Exit code 2 when a process would refuse to start with them.',
    )
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: boolean }) => {
      const file = readEnvFile(stackFolder(program.opts<{ dir?: string }>().dir).env)
      const settings = await readSettings(file)
      const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value))
      const problems = await findProblems({ ...file, ...given })
      if (json) print(JSON.stringify({ settings, problems }, null, 2))
      else {
        print(
          table([['NAME', 'VALUE', 'FROM'], ...settings.map(({ name, value, from }) => [name, value ?? '-', from])]),
        )
        for (const problem of problems) sayLoud(`muster: ${problem}`)
        if (problems.length > 0) say('./muster config example shows every variable with its rule')
      }
      process.exitCode = problems.length === 0 ? EXIT.ok : EXIT.usage
    })
  config
    .command('example')
    .summary('the text of .env.example')
    .description('Print every variable with its rule and default, as .env.example has them.')
    .action(async () => {
      const { allVariables, formatExample } = await import('./config/variables.ts')
      process.stdout.write(formatExample(allVariables()))
    })
}
