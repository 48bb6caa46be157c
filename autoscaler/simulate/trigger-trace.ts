import { TraceInvalidError } from './trace.ts'

/** What metrics said, as it was recorded. */
export interface TriggerTrace {
  /** the columns, by the name of their trigger */
  readonly names: readonly string[]
  /** what a metric said at an instant; undefined = nothing was recorded @param at epoch ms */
  valueAt(name: string, at: number): number | undefined
  /** epoch ms of the first and the last row */
  readonly from: number
  readonly until: number
}

interface Row {
  readonly at: number
  readonly values: readonly (number | undefined)[]
}

const HEADER = /^timestamp(,[A-Za-z0-9][A-Za-z0-9._-]{0,39})+$/

const readValue = (cell: string, line: number): number | undefined => {
  const text = cell.trim()
  if (text === '' || text === 'NaN') return undefined
  const value = Number(text)
  if (!Number.isFinite(value))
    throw new TraceInvalidError(`line ${line}: a value is a number, or empty where there was none`)
  return value
}

const readRow = (text: string, line: number, columns: number): Row => {
  const [stamp = '', ...cells] = text.split(',')
  const at = Date.parse(stamp)
  if (Number.isNaN(at)) throw new TraceInvalidError(`line ${line}: the timestamp is not ISO 8601`)
  if (cells.length !== columns) throw new TraceInvalidError(`line ${line}: has ${cells.length} values, not ${columns}`)
  return { at, values: cells.map((cell) => readValue(cell, line)) }
}

/** The last row at or before an instant. */
const rowAt = (rows: readonly Row[], at: number): Row | undefined => {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rows[middle] as Row).at <= at) low = middle + 1
    else high = middle
  }
  return rows[low - 1]
}

/**
 * Read a CSV file with the header `timestamp,<trigger>,...`. A row holds until the next is due; a row that is missing, and an
 * empty cell, are a gap: nobody knew the value then.
 * @throws TraceInvalidError with the line that is wrong
 */
export const parseTriggerTrace = (text: string): TriggerTrace => {
  const [header = '', ...lines] = text.trim().split(/\r?\n/)
  if (!HEADER.test(header.trim()))
    throw new TraceInvalidError('the first line must be `timestamp,` and names of triggers')
  const names = header.trim().split(',').slice(1)
  const rows = lines.map((line, index) => readRow(line, index + 2, names.length))
  const [first, last] = [rows[0], rows.at(-1)]
  if (!first || !last || rows.length < 2) throw new TraceInvalidError('a trace has at least two rows')
  let intervalMs = Number.POSITIVE_INFINITY
  for (const [index, { at }] of rows.entries()) {
    const before = rows[index - 1]
    if (before && at <= before.at) throw new TraceInvalidError(`line ${index + 2}: the timestamps do not rise`)
    if (before) intervalMs = Math.min(intervalMs, at - before.at)
  }
  return {
    names,
    valueAt(name, at) {
      const row = rowAt(rows, at)
      return row && at < row.at + intervalMs ? row.values[names.indexOf(name)] : undefined
    },
    from: first.at,
    until: last.at + intervalMs,
  }
}
