import { readFileSync } from 'node:fs'
import { windowOf } from '../autoscaler/routes/window-resource.ts'
import { type Clause, type ScheduleWindow, WEEKDAYS, type Weekday } from '../infra/domain/scaling.ts'
import { UsageError } from './exit-code.ts'
import { parsePeriod } from './period.ts'

/** A window as it is typed. */
export interface WindowFlags {
  readonly pool?: string
  readonly zone?: string
  readonly days?: string
  readonly dates?: string
  readonly except?: string
  readonly start?: string
  readonly end?: string
  readonly lead?: string
  readonly floor?: string
  readonly ceiling?: string
  readonly exactly?: string
  readonly priority?: string
}

const CLAUSES = ['floor', 'ceiling', 'exactly'] as const satisfies readonly Clause[]
const STDIN = 0
const MINUTE_MS = 60_000

const listOf = (text: string | undefined): readonly string[] => text?.split(',').filter(Boolean) ?? []

const dayOf = (text: string): number => {
  const index = (WEEKDAYS as readonly string[]).indexOf(text.toLowerCase())
  if (index < 0) throw new UsageError(`--days takes ${WEEKDAYS.join(', ')}, or a range like mon-fri`)
  return index
}

/** `mon,wed` or `mon-fri`; a range may go over the weekend. @throws UsageError */
export const parseDays = (text: string): readonly Weekday[] => {
  const chosen = listOf(text).flatMap((part) => {
    const [first = '', last = first, ...rest] = part.split('-')
    if (rest.length > 0) throw new UsageError('--days takes a range of two days')
    const from = dayOf(first)
    const length = (dayOf(last) - from + WEEKDAYS.length) % WEEKDAYS.length
    return Array.from({ length: length + 1 }, (_, step) => (from + step) % WEEKDAYS.length)
  })
  return WEEKDAYS.filter((_, index) => chosen.includes(index))
}

const required = (flags: WindowFlags, name: 'pool' | 'zone' | 'start' | 'end'): string => {
  const text = flags[name]
  if (text === undefined) throw new UsageError(`--${name} is needed, or a window in --file`)
  return text
}

const wholeOf = (text: string, flag: string): number => {
  if (!/^-?\d{1,6}$/.test(text)) throw new UsageError(`--${flag} takes a whole number`)
  return Number(text)
}

const countOf = (flags: WindowFlags): Pick<ScheduleWindow, 'clause' | 'count'> => {
  const given = CLAUSES.flatMap((clause) => {
    const text = flags[clause]
    return text === undefined ? [] : [{ clause, count: wholeOf(text, clause) }]
  })
  const [one, ...more] = given
  if (!one || more.length > 0) throw new UsageError('give one of --floor, --ceiling and --exactly, with a count')
  return one
}

const leadOf = (text: string | undefined): number => {
  const ms = text === undefined ? 0 : parsePeriod(text)
  if (ms === undefined) throw new UsageError('--lead takes a period like 10m or 1h')
  return ms / MINUTE_MS
}

/**
 * The window that the flags describe. What it says of days, dates and zones is checked where it is kept.
 * @throws UsageError
 */
export const windowOfFlags = (name: string, flags: WindowFlags): ScheduleWindow => ({
  name,
  pool: required(flags, 'pool'),
  timeZone: required(flags, 'zone'),
  days: parseDays(flags.days ?? ''),
  dates: listOf(flags.dates),
  except: listOf(flags.except),
  start: required(flags, 'start'),
  end: required(flags, 'end'),
  leadMinutes: leadOf(flags.lead),
  ...countOf(flags),
  priority: flags.priority === undefined ? 0 : wholeOf(flags.priority, 'priority'),
})

/**
 * The window that a file describes, in the form of HTTP; `-` reads what is piped in.
 * @throws UsageError when it cannot be read or is not of that form
 */
export const readWindow = async (name: string, file: string): Promise<ScheduleWindow> => {
  const { Compile } = await import('typebox/compile')
  const { WindowBody } = await import('../autoscaler/routes/window-resource.ts')
  const body = parse(file)
  const validator = Compile(WindowBody)
  if (validator.Check(body)) return windowOf(name, body)
  const faults = [...validator.Errors(body)].map(({ instancePath, message }) => `${instancePath || '/'} ${message}`)
  throw new UsageError(`the window in --file is not of the documented form: ${faults.slice(0, 3).join('; ')}`)
}

const parse = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file === '-' ? STDIN : file, 'utf8'))
  } catch (error) {
    throw new UsageError('--file takes a file of JSON, or - for what is piped in', { cause: error })
  }
}
