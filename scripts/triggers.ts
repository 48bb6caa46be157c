import type { Command } from 'commander'
import { print, say, sayGood, table } from './output.ts'
import { registerRecord } from './triggers/record.ts'
import { environmentFor, readTriggerFile } from './triggers/trigger-source.ts'
import { registerTry } from './triggers/try.ts'

interface Json {
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  ./muster triggers validate triggers.yaml                      is the file right? exit code 2 when it is not
  ./muster triggers try triggers.yaml                           ask each query now, and say what it would ask for
  ./muster triggers try --query 'sum(queue_ready)' --target 50  the same for a query that is in no file yet
  ./muster triggers list                                        what each said at the last look
  ./muster triggers record triggers.yaml --since 21d > was.csv  what each said, for ./muster simulate --trigger-trace
`

const registerValidate = (triggers: Command, program: Command): void => {
  triggers
    .command('validate')
    .summary('is a file of triggers right?')
    .description('Names every problem with its line. It asks nobody: ./muster triggers try does.')
    .argument('[file]', 'TRIGGERS_FILE unless told')
    .action(async (path: string | undefined) => {
      const pools = await readTriggerFile(path, await environmentFor(program))
      for (const [pool, list] of pools) say(`${pool}: ${list.map(({ name }) => name).join(', ') || 'no trigger'}`)
      sayGood('the triggers can be used')
    })
}

const LIST_HEADER = ['POOL', 'TRIGGER', 'STATE', 'VALUE', 'A NODE', 'WANTS', 'ASKS FOR', 'AGE', 'WHY']

const registerList = (triggers: Command, program: Command): void => {
  triggers
    .command('list')
    .summary('what each trigger said at the last look, and how many nodes it asks for')
    .description('Read from the database: it works while the autoscaler and Prometheus are away.')
    .option('--json', 'for programs: what HTTP answers')
    .action(async ({ json }: Json) => {
      const { withFleet } = await import('./fleet-database.ts')
      const { triggersOf } = await import('../autoscaler/routes/triggers.ts')
      const found = await withFleet(program, [], async ({ pools, decisions }) => {
        const last = await Promise.all([...pools.keys()].map((pool) => decisions.list({ pool, limit: 1 })))
        return last.flat().flatMap((decision) => triggersOf(decision, Date.now()))
      })
      if (json) return print(JSON.stringify({ triggers: found }, null, 2))
      if (found.length === 0)
        return say('no pool had a trigger at its last look; TRIGGERS_FILE of the autoscaler names some')
      const rows = found.map(({ pool, name, state, value, targetPerNode, wanted, asks, ageSeconds, why }) => [
        ...[pool, name, state, value === null ? '-' : String(Number(value.toPrecision(4))), String(targetPerNode)],
        ...[wanted === null ? '-' : String(wanted), String(asks)],
        ...[ageSeconds === null ? '-' : `${Math.round(ageSeconds)} s`, why],
      ])
      print(table([LIST_HEADER, ...rows]))
    })
}

/** `./muster triggers validate|try|list|record` */
export const registerTriggers = (program: Command): void => {
  const triggers = program
    .command('triggers')
    .summary('custom triggers: pools that scale on queries of their own too')
    .addHelpText('after', EXAMPLES)
  registerValidate(triggers, program)
  registerTry(triggers, program)
  registerList(triggers, program)
  registerRecord(triggers, program)
}
