import type { Command } from 'commander'
import type { UpcomingRow } from '../autoscaler/upcoming.ts'
import type { ScheduleWindow } from '../infra/domain/scaling.ts'
import { NothingThereError, UsageError } from './exit-code.ts'
import { print, say, sayGood, sayLoud, table } from './output.ts'
import type { WindowFlags } from './schedule-window.ts'

interface Json {
  readonly json?: boolean
}

const DAYS = /^[1-9]\d?$/
const SAYS = { floor: 'at least', ceiling: 'at most', exactly: 'exactly' } as const
const HEADER = ['NAME', 'POOL', 'SAYS', 'ON', 'EXCEPT', 'FROM', 'TO', 'ZONE', 'LEAD', 'PRIORITY']

const toRow = (window: ScheduleWindow): readonly string[] => {
  const { name, pool, clause, count, days, dates, except, start, end, timeZone, leadMinutes, priority } = window
  const on = [...days, ...dates].join(' ')
  const lead = leadMinutes === 0 ? '-' : `${leadMinutes}m`
  const says = `${SAYS[clause]} ${count}`
  return [name, pool, says, on, except.join(' ') || '-', start, end, timeZone, lead, String(priority)]
}

const registerList = (schedule: Command, program: Command): void => {
  schedule
    .command('list')
    .summary('the windows of all pools')
    .option('--json', 'for programs')
    .action(async ({ json }: Json) => {
      const { withFleet } = await import('./fleet-database.ts')
      const windows = await withFleet(program, [], ({ schedules }) => schedules.list())
      if (json) print(JSON.stringify(windows, null, 2))
      else if (windows.length > 0) print(table([HEADER, ...windows.map(toRow)]))
      else say('there are no windows; ./muster schedule set makes one')
    })
}

const registerSet = (schedule: Command, program: Command): void => {
  schedule
    .command('set')
    .summary('add a window, or replace the one of this name')
    .description('Times are what a clock on the wall of --zone shows, also on days when it is changed.')
    .argument('<name>', 'for people and messages: letters, digits, dots, dashes, underscores')
    .option('--pool <name>', 'whose nodes')
    .option('--zone <name>', 'IANA name, for example Europe/Berlin')
    .option('--days <list>', 'mon,wed or mon-fri')
    .option('--dates <list>', 'YYYY-MM-DD,... beside the days')
    .option('--except <list>', 'YYYY-MM-DD,... whatever the days say')
    .option('--start <time>', 'HH:MM')
    .option('--end <time>', 'HH:MM; at or before the start: on the next day')
    .option('--lead <period>', 'takes effect so long before: 10m, 1h')
    .option('--floor <count>', 'at least so many nodes')
    .option('--ceiling <count>', 'at most so many')
    .option('--exactly <count>', 'so many')
    .option('--priority <number>', 'of windows that contradict each other the highest wins; 0 unless told')
    .option('--file <path>', 'a window in JSON instead of the flags; - for what is piped in')
    .option('--json', 'for programs')
    .action(async (name: string, options: WindowFlags & Json & { readonly file?: string }) => {
      const { file, json, ...flags } = options
      if (file !== undefined && Object.keys(flags).length > 0) throw new UsageError('give --file or flags, not both')
      const { readWindow, windowOfFlags } = await import('./schedule-window.ts')
      const { operator, withFleet } = await import('./fleet-database.ts')
      const window = file === undefined ? windowOfFlags(name, flags) : await readWindow(name, file)
      await withFleet(program, [window.pool], ({ schedules }) => schedules.put(window, operator()))
      print(json ? JSON.stringify(window, null, 2) : table([HEADER, toRow(window)]))
      sayGood(`window ${name} is in the schedule; ./muster schedule next shows when it holds`)
    })
}

const registerRemove = (schedule: Command, program: Command): void => {
  schedule
    .command('remove')
    .summary('remove a window')
    .argument('<name>', './muster schedule list shows it')
    .action(async (name: string) => {
      const { operator, withFleet } = await import('./fleet-database.ts')
      await withFleet(program, [], ({ schedules }) => schedules.remove(name, operator()))
      sayGood(`window ${name} is no longer in the schedule`)
    })
}

interface NextOptions extends Json {
  readonly days: string
  readonly pool?: string
}

const poolsOf = (windows: readonly ScheduleWindow[]): readonly string[] => [...new Set(windows.map(({ pool }) => pool))]

const registerNext = (schedule: Command, program: Command): void => {
  schedule
    .command('next')
    .summary('what the schedule asks for in the next days')
    .option('--days <count>', '1 to 99', '7')
    .option('--pool <name>', 'of this pool only')
    .option('--json', 'for programs')
    .action(async ({ days, pool, json }: NextOptions) => {
      if (!DAYS.test(days)) throw new UsageError('--days takes 1 to 99')
      const { withFleet } = await import('./fleet-database.ts')
      const { toRowResource } = await import('../autoscaler/routes/schedule.ts')
      const { effectWords } = await import('../autoscaler/schedule-words.ts')
      const { instant } = await import('../autoscaler/override-words.ts')
      const rows = await withFleet(program, [], async ({ schedules }) => {
        const known = poolsOf(await schedules.list())
        if (pool !== undefined && !known.includes(pool)) throw new NothingThereError('no window is about this pool')
        const wanted = pool === undefined ? known : [pool]
        return (await Promise.all(wanted.map((name) => schedules.next({ pool: name, days: Number(days) })))).flat()
      })
      if (json) return print(JSON.stringify(rows.map(toRowResource), null, 2))
      if (rows.length === 0) return say(`the schedule asks for nothing in the next ${days} days`)
      const row = (one: UpcomingRow) => [
        instant(one.from),
        instant(one.until),
        one.pool,
        effectWords(one),
        one.windows.join(', '),
      ]
      print(table([['FROM', 'UNTIL', 'POOL', 'SAYS', 'WINDOWS'], ...rows.map(row)]))
      for (const { contradiction, from } of rows)
        if (contradiction)
          sayLoud(
            `${instant(from)}: ${contradiction.between.join(' and ')} contradict each other, ${contradiction.holds} holds`,
          )
    })
}

/** `./muster schedule list|set|remove|next` */
export const registerSchedule = (program: Command): void => {
  const schedule = program.command('schedule').summary('the schedule: times at which pools are to have certain counts')
  registerList(schedule, program)
  registerSet(schedule, program)
  registerRemove(schedule, program)
  registerNext(schedule, program)
}
