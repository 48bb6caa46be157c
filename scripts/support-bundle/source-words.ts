import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What Muster's own program text holds. Whatever a log or a metric says beyond it came from somewhere else. */
export interface SourceWords {
  readonly words: ReadonlySet<string>
  /** names of the facts beside a log's message */
  readonly fields: ReadonlySet<string>
  /** is this text, as it stands, a literal of the program? */
  isMessage(text: string): boolean
}

const FOLDERS = ['api', 'worker', 'autoscaler', 'infra'] as const
const SKIPPED = new Set(['client', 'migrations', 'export'])
const WORD = /[A-Za-z0-9_]+/g
const LITERAL = /'((?:[^'\\\n]|\\.)+)'|"((?:[^"\\\n]|\\.)+)"/g
/** What stands between the braces of `log.info({ ... }, 'message')`. */
const LOGGED = /\.(?:debug|info|warn|error|child)\(\s*\{([^}]*)\}/g
const FIELD = /(?:^|,)\s*([A-Za-z_]\w*)\s*(?=[:,]|$)/g
/** What the logger itself writes, what an error is written as, and what is logged by another name than stands there. */
const ALWAYS = [
  ...['level', 'time', 'pid', 'service', 'msg', 'name', 'code', 'stack', 'cause', 'error'],
  ...['pool', 'worker', 'index', 'workerPid', 'signal', 'requestId', 'method', 'route', 'status', 'ms'],
]

const sourcesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : sourcesIn(path)
    return entry.name.endsWith('.ts') ? [path] : []
  })

/** Read the words of some program text. Pure. */
export const wordsOf = (texts: readonly string[]): SourceWords => {
  const words = new Set<string>()
  const literals = new Set<string>()
  const fields = new Set<string>(ALWAYS)
  for (const text of texts) {
    for (const [word] of text.matchAll(WORD)) for (const part of [word, ...word.split('_')]) words.add(part)
    for (const [, single, double] of text.matchAll(LITERAL)) literals.add(single ?? double ?? '')
    for (const [, inside = ''] of text.matchAll(LOGGED))
      for (const [, field = ''] of inside.matchAll(FIELD)) fields.add(field)
  }
  return { words, fields, isMessage: (text) => literals.has(text) }
}

/** @param root the folder Muster lies in */
export const readSourceWords = (root: string): SourceWords =>
  wordsOf(FOLDERS.flatMap((folder) => sourcesIn(join(root, folder))).map((path) => readFileSync(path, 'utf8')))
