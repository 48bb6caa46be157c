import type { Scrubber } from './scrub.ts'
import type { SourceWords } from './source-words.ts'

/** Stands where something was that is not known to be harmless. */
export const LEFT_OUT = '[left out]'

const TOKEN = /[A-Za-z0-9]+/g
/** A number, an instant, an id or a digest, or a part of one. */
const PLAIN = /^(\d{1,20}|[0-9a-f]{4,64}|\d*[TZ]?\d*Z?|v?\d+)$/
const FRAME = /^\s*at [\w$.<> #[\]]* ?\(?(?:async )?(?:file:\/\/|node:|\/)[^\s()]+:\d+:\d+\)?$/
/** Keys whose value is a tenant's name. */
const TENANT_KEYS = new Set(['tenant', 'tenants'])
/** Keys that may hold what a person wrote: one word of ours may stay, a sentence may not. */
const FREE_TEXT = new Set(['reason', 'why', 'detail', 'report', 'fix', 'was', 'what', 'to', 'from'])

/** Text that holds nothing but words of the program, numbers, ids, and words that are known here. */
export const isOurText = (text: string, words: ReadonlySet<string>, known: ReadonlySet<string>): boolean =>
  [...text.matchAll(TOKEN)].every(([token]) => PLAIN.test(token) || words.has(token) || known.has(token))

/** What lines are judged by. */
export interface LogJudge {
  readonly source: SourceWords
  /** harmless words of this place: pools, models, the host */
  readonly known: ReadonlySet<string>
  readonly scrub: Scrubber
}

const cleanStack = (stack: string, scrub: Scrubber): string =>
  stack
    .split('\n')
    .filter((line) => FRAME.test(line))
    .map(scrub)
    .join('\n')

const cleanValue = (key: string, value: unknown, judge: LogJudge): unknown => {
  const { source, known, scrub } = judge
  if (value === null || typeof value === 'boolean') return value
  if (TENANT_KEYS.has(key) && typeof value === 'string') return scrub.tenant(value)
  if (!source.fields.has(key)) return LEFT_OUT
  if (key === 'msg') return typeof value === 'string' && source.isMessage(value) ? value : LEFT_OUT
  if (key === 'stack') return typeof value === 'string' ? cleanStack(value, scrub) : LEFT_OUT
  if (typeof value === 'number') return value
  if (FREE_TEXT.has(key) && typeof value === 'string' && /\s/.test(value)) return LEFT_OUT
  if (typeof value === 'string') return isOurText(value, source.words, known) ? scrub(value) : LEFT_OUT
  if (Array.isArray(value)) return value.map((entry) => cleanValue(key, entry, judge))
  return cleanObject(value as object, judge)
}

const cleanObject = (object: object, judge: LogJudge): object =>
  Object.fromEntries(
    Object.entries(object).map(([key, value]) => [
      judge.source.fields.has(key) || TENANT_KEYS.has(key) ? key : LEFT_OUT,
      cleanValue(key, value, judge),
    ]),
  )

/**
 * A line of one of Muster's own logs. Only what the program itself writes stays: its messages, the fields that it names,
 * numbers, ids and its own words. Pure but for the scrubber's counts.
 */
export const cleanJsonLine = (line: string, judge: LogJudge): string => {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    return line.trim() === '' ? '' : LEFT_OUT
  }
  return typeof parsed === 'object' && parsed !== null ? JSON.stringify(cleanObject(parsed, judge)) : LEFT_OUT
}

/** PostgreSQL repeats statements and rows in these. */
const REPEATS = /\b(DETAIL|STATEMENT|CONTEXT|QUERY|HINT|PARAMETERS):|^\t/
/** What a server quotes came from outside. */
const QUOTED = /"[^"]*"|'[^']*'|`[^`]*`|<<"[^"]*">>/g

/** A line of a server's log: what it quotes, and what repeats statements or rows, does not stay. */
export const cleanServerLine = (line: string, scrub: Scrubber): string =>
  REPEATS.test(line) ? LEFT_OUT : scrub(line).replace(QUOTED, '[quoted]')
