import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { basename, join } from 'node:path'
import { cleanJsonLine, cleanServerLine, type LogJudge } from './clean-log.ts'

/** One log, and how it is written. */
export interface LogFile {
  readonly name: string
  readonly path: string
  /** `json`: by Muster's own processes; `text`: by a server */
  readonly kind: 'json' | 'text'
}

const JSON_LOGS = new Set(['api', 'worker', 'autoscaler', 'node', 'migrate'])
const TEXT_LOGS = new Set(['stack', 'postgres', 'rabbitmq', 'redis'])
/** No line of ours is nearly as long; a log may be gigabytes. */
const BYTES_PER_LINE = 2_000

/** The last lines of a file. */
export const lastLines = (path: string, lineCount: number): readonly string[] => {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const length = Math.min(size, lineCount * BYTES_PER_LINE)
    const bytes = Buffer.alloc(length)
    readSync(file, bytes, 0, length, size - length)
    const lines = bytes.toString('utf8').replace(/\n$/, '').split('\n')
    // The first one may have lost its beginning, and with it what it is judged by.
    return (length < size ? lines.slice(1) : lines).slice(-lineCount)
  } finally {
    closeSync(file)
  }
}

/** The logs of a stack, and those that a person names: of processes that run elsewhere. */
export const findLogs = (folder: string, named: readonly string[]): readonly LogFile[] => {
  const inFolder = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.log')) : []
  const own = inFolder.flatMap((file): LogFile[] => {
    const name = file.slice(0, -'.log'.length)
    if (JSON_LOGS.has(name)) return [{ name, path: join(folder, file), kind: 'json' }]
    return TEXT_LOGS.has(name) ? [{ name, path: join(folder, file), kind: 'text' }] : []
  })
  const others = named.map(
    (path, at): LogFile => ({
      name: `named-${at + 1}-${basename(path)
        .replace(/[^\w.-]/g, '_')
        .slice(0, 40)}`,
      path,
      kind: 'json',
    }),
  )
  return [...own, ...others]
}

/** The end of a log as support may see it. */
export const cleanLog = ({ path, kind }: LogFile, lineCount: number, judge: LogJudge): string =>
  lastLines(path, lineCount)
    .map((line) => (kind === 'json' ? cleanJsonLine(line, judge) : cleanServerLine(line, judge.scrub)))
    .join('\n')
