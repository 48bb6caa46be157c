import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { NothingThereError } from './exit-code.ts'
import { stackFolder } from './stack/folder.ts'

interface LogsOptions {
  readonly follow?: boolean
  readonly lines: string
}

const logNames = (dir: string): readonly string[] =>
  existsSync(dir)
    ? readdirSync(dir).flatMap((file) => (file.endsWith('.log') ? [file.slice(0, -'.log'.length)] : []))
    : []

/** `./muster logs` */
export const registerLogs = (program: Command): void => {
  program
    .command('logs')
    .summary('show what the services and servers wrote')
    .description('Show the end of one log, or of all: api, worker, autoscaler, postgres, rabbitmq, redis, stack.')
    .argument('[service]', 'one log only')
    .option('-f, --follow', 'keep showing what is written')
    .option('-n, --lines <count>', 'how many lines of each', '50')
    .action(async (service: string | undefined, { follow, lines }: LogsOptions) => {
      const { logs } = stackFolder(program.opts<{ dir?: string }>().dir)
      const names = logNames(logs)
      const wanted = service === undefined ? names : names.filter((name) => name === service)
      if (wanted.length === 0)
        throw new NothingThereError(
          `no log${service ? ` ${service}` : ''} in ${logs}; there are: ${names.join(', ') || 'none'}`,
        )
      const files = wanted.map((name) => join(logs, `${name}.log`))
      const args = ['-n', lines, ...(follow ? ['-F'] : []), '--', ...files]
      const [code] = await once(spawn('tail', args, { stdio: 'inherit' }), 'exit')
      process.exitCode = code ?? 0
    })
}
