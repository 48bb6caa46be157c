import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { print } from './output.ts'
import { ROOT } from './stack/folder.ts'

const DASHBOARDS = join(ROOT, 'infra', 'monitoring', 'grafana', 'dashboards')

/** `./muster monitoring` */
export const registerMonitoring = (program: Command): void => {
  const monitoring = program
    .command('monitoring')
    .summary('what Prometheus and Grafana read')
    .description('Rules, runbooks and dashboards: docs/monitoring.md.')
  monitoring
    .command('dashboards')
    .summary('write the dashboards anew')
    .description('Write the files of the dashboards from the code they are made by, after a change of it.')
    .option('--out <folder>', 'instead of infra/monitoring/grafana/dashboards', DASHBOARDS)
    .action(async ({ out }: { out: string }) => {
      const { DASHBOARDS: all, textOf } = await import('../infra/monitoring/dashboards/all.ts')
      mkdirSync(out, { recursive: true })
      for (const [file, content] of all) {
        writeFileSync(join(out, file), textOf(content))
        print(join(out, file))
      }
    })
}
