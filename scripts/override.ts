import type { Command } from 'commander'
import type { OverrideOutcome } from '../autoscaler/overrides.ts'
import type { KeptOverride } from '../infra/ports/override-store.ts'
import { UsageError } from './exit-code.ts'
import { print, say, sayGood, table } from './output.ts'

const COUNT = /^[1-9]\d{0,3}$/
/** What waits for a second person waits for an hour. */
const MAX_LOOKED_BACK = 1000
const HEADER = ['ID', 'POOL', 'SAYS', 'STATE', 'BY', 'SAID', 'UNTIL', 'REASON']

const SENTENCES = `
  pin checks 50 for 3h because the campaign starts     exactly 50
  floor checks 12 because a partner goes live          at least 12; two hours unless told
  ceiling checks 20 for 1d because of the budget       at most 20
  hold checks for 30m because of a release             stays as it is
  no-scale-in checks for 2h because of an incident     may rise, not fall
  release checks                                       schedule and forecast decide again
  confirm 17                                           what somebody else asked for over 24 hours
`

/** A number says nothing of its pool: the row does. */
const poolOf = async (program: Command, id: string): Promise<readonly string[]> => {
  const { withFleet } = await import('./fleet-database.ts')
  const found = await withFleet(program, [], ({ overrideStore }) => overrideStore.list({ limit: MAX_LOOKED_BACK }))
  return found.filter((one) => one.id === id).map(({ pool }) => pool)
}

const run = async (program: Command, sentence: string): Promise<OverrideOutcome> => {
  const { operator, withFleet } = await import('./fleet-database.ts')
  const { parseCommand } = await import('../autoscaler/command.ts')
  const command = parseCommand(sentence)
  const named = command.kind === 'confirm' ? await poolOf(program, command.id) : [command.pool]
  return withFleet(program, named, ({ overrides }) => overrides.run(command, operator()))
}

const tell = async ({ kind, override, released, lines }: OverrideOutcome, json: boolean | undefined) => {
  const { toOverrideResource } = await import('../autoscaler/routes/override-resource.ts')
  const now = Date.now()
  const resource = {
    kind,
    override: override ? toOverrideResource(override, now) : null,
    released: released.map((one) => toOverrideResource(one, now)),
    lines,
  }
  print(json ? JSON.stringify(resource, null, 2) : lines.join('\n'))
  if (kind === 'holds') sayGood('said; it takes effect at the next look')
  if (kind === 'pending' && override) say(`somebody else runs: ./muster override confirm ${override.id}`)
}

const instant = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`

const toRow = (override: KeptOverride, state: string): readonly string[] => {
  const { id, pool, kind, count, actor, createdAt, expiresAt, reason } = override
  const says = count === null ? kind : `${kind} ${count}`
  return [id, pool, says, state, actor, instant(createdAt), instant(expiresAt), reason]
}

/** `--json` may have been taken for the option of the sentence itself, which has one too. */
const isForPrograms = (command: Command): boolean => command.optsWithGlobals<{ json?: boolean }>().json === true

interface ListOptions {
  readonly pool?: string
  readonly limit: string
}

const registerList = (override: Command, program: Command): void => {
  override
    .command('list')
    .summary('what people said, newest first')
    .option('--pool <name>', 'of this pool only')
    .option('--limit <count>', 'the newest so many', '20')
    .option('--json', 'for programs')
    .action(async ({ pool, limit }: ListOptions, command: Command) => {
      if (!COUNT.test(limit)) throw new UsageError('--limit takes 1 to 9999')
      const { withFleet } = await import('./fleet-database.ts')
      const { stateOf, toOverrideResource } = await import('../autoscaler/routes/override-resource.ts')
      const query = { limit: Number(limit), ...(pool !== undefined && { pool }) }
      const found = await withFleet(program, [], ({ overrideStore }) => overrideStore.list(query))
      const now = Date.now()
      if (isForPrograms(command))
        print(
          JSON.stringify(
            found.map((one) => toOverrideResource(one, now)),
            null,
            2,
          ),
        )
      else if (found.length > 0) print(table([HEADER, ...found.map((one) => toRow(one, stateOf(one, now)))]))
      else say('nobody has said anything')
    })
}

/** `./muster override "<sentence>"`, `./muster override list|release|confirm` */
export const registerOverride = (program: Command): void => {
  const override = program
    .command('override')
    .summary('overrule the forecast for a while, in one sentence')
    .description(
      'The same sentences as over HTTP and in Slack. They go to the database: it works while the autoscaler, the fleet and ' +
        'Slack are away. The newest wins; it ends by itself. Every one is in the audit trail.',
    )
    .usage('[options] "<sentence>"')
    .argument('[sentence...]', 'for example: pin checks 50 for 3h because the campaign starts')
    .option('--json', 'for programs')
    .addHelpText('after', `\nSentences:${SENTENCES}`)
    .action(async (words: readonly string[], { json }: { readonly json?: boolean }) => {
      if (words.length === 0) throw new UsageError('say something, for example: pin checks 50 for 3h because ...')
      await tell(await run(program, words.join(' ')), json)
    })
  registerList(override, program)
  for (const [verb, summary, argument] of [
    ['release', 'let schedule and forecast decide again', '<pool...>'],
    ['confirm', 'confirm what somebody else asked for', '<id>'],
  ] as const) {
    override
      .command(verb)
      .summary(summary)
      .argument(argument, verb === 'release' ? 'the pool, and `because ...` where there is something to say' : 'its id')
      .option('--json', 'for programs')
      .action(async (words: string | readonly string[], _options: object, command: Command) => {
        await tell(await run(program, [verb, words].flat().join(' ')), isForPrograms(command))
      })
  }
}
