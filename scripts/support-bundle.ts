import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { UsageError } from './exit-code.ts'
import { print, say, sayGood } from './output.ts'
import { withEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'

interface SupportOptions {
  readonly out?: string
  readonly lines: string
  readonly log?: string[]
  readonly withTenants?: boolean
}

const MAX_LINES = 200_000

const lineCountOf = (text: string): number => {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > MAX_LINES) throw new UsageError(`--lines is 1 to ${MAX_LINES}`)
  return count
}

/** `./muster support-bundle` */
export const registerSupportBundle = (program: Command): void => {
  program
    .command('support-bundle')
    .summary('one file with what support needs, and nothing that it must not see')
    .description(
      'Gather versions, configuration without secrets, what the doctor finds, counts, metrics and the ends of logs.\n' +
        'Works when parts are down, and says what it could not get. Look into the file before you send it: manifest.json\n' +
        'in it says what it holds and what was taken out.',
    )
    .option('--out <file>', 'where to write it; muster-support-<time>.tar.gz unless told')
    .option('--lines <count>', 'lines of each log', '2000')
    .option('--log <file...>', 'further logs of Muster, of processes that run elsewhere')
    .option('--with-tenants', 'name tenants; without it each is a digest')
    .action(async ({ out, lines, log = [], withTenants = false }: SupportOptions) => {
      const { gatherSupport } = await import('./support-bundle/gather.ts')
      const { tarOf } = await import('./support-bundle/tar.ts')
      const paths = stackFolder(program.opts<{ dir?: string }>().dir)
      const now = Date.now()
      const env = withEnvFile(paths.env, process.env)
      const request = { env, paths, lineCount: lineCountOf(lines), logs: log, withTenants, now }
      const { files, missing } = await gatherSupport(request)
      const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
      const path = out ?? `muster-support-${time}.tar.gz`
      const archive = tarOf(files, now)
      writeFileSync(path, archive, { mode: 0o600 })
      print(path)
      for (const { path: part, why } of missing) say(`not had: ${part} (${why})`)
      sayGood(`${files.length} files, ${archive.length} bytes; look into it before you send it`)
    })
}
