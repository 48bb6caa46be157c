import { contractOf } from '../../infra/postgres/contract.ts'

/** One migration file, by its name. */
export interface MigrationText {
  readonly file: string
  readonly sql: string
}

/** Whichever begins first: a comment may hold an apostrophe, and a text two dashes. */
const COMMENT_OR_TEXT = /\/\*[\s\S]*?\*\/|--[^\n]*|'(?:[^']|'')*'/g

/** One statement an entry, in lower case, without comments and without what is text to it. A `do` block is run: it stays. */
const statementsOf = (sql: string): readonly string[] =>
  sql
    .replace(COMMENT_OR_TEXT, (found) => (found.startsWith("'") ? "''" : ' '))
    .replace(/(\bdo\s+)?\$(\w*)\$([\s\S]*?)\$\2\$/gi, (_whole, isDo: string | undefined, _tag, body: string) =>
      isDo ? `; ${body} ;` : "''",
    )
    .split(';')
    .map((statement) => statement.replace(/\s+/g, ' ').replaceAll('"', '').trim().toLowerCase())
    .filter(Boolean)

const NAME = '(?:[a-z_][a-z0-9_]*\\.)?([a-z_][a-z0-9_]*)'
const CREATE_TABLE = new RegExp(`^create (?:unlogged )?table (?:if not exists )?${NAME}`)
const ALTER_TABLE = new RegExp(`^alter table (?:if exists )?(?:only )?${NAME} (.*)$`)
const CREATE_UNIQUE = new RegExp(
  `^create unique index (?:concurrently )?(?:if not exists )?(?:\\S+ )?on (?:only )?${NAME}`,
)

/** Statements that take away wherever they stand, each with the words for it. */
const TAKING: readonly (readonly [RegExp, string])[] = [
  [
    /^(begin |.* then |else )?drop (table|view|materialized view|type|function|schema|index|trigger|policy|sequence)\b/,
    'drops',
  ],
  [/^(begin |.* then |else )?truncate\b/, 'empties a table'],
  [/^(begin |.* then |else )?delete from\b/, 'removes rows'],
  [/^revoke\b/, 'takes a right away'],
  [/^alter (view|type|function|sequence|index|schema) .*\brename\b/, 'renames'],
]

/** Clauses of `alter table` that take away from what is there. */
const NARROWING: readonly (readonly [RegExp, string])[] = [
  [/^drop (?!constraint|default|not null)/, 'drops a column'],
  [/^drop constraint\b/, 'drops a constraint'],
  [/^rename\b/, 'renames'],
  [/^alter (column )?\S+ (set data )?type\b/, 'changes the type of a column'],
  [/^alter (column )?\S+ set not null/, 'makes a column required'],
  [/^alter (column )?\S+ drop default/, 'takes a default away'],
  [/^add (constraint \S+ )?(check|unique|primary key|foreign key|exclude)\b/, 'adds a constraint'],
  [/^(enable|force) row level security/, 'hides rows'],
  [/^(detach|attach) partition/, 'moves rows'],
  [/^set schema\b/, 'moves the table'],
]

/** @param text the clauses of one `alter table`; commas inside brackets belong to a clause */
const clausesOf = (text: string): readonly string[] => {
  let depth = 0
  let from = 0
  const clauses: string[] = []
  for (const [index, letter] of [...text].entries()) {
    if (letter === '(') depth += 1
    if (letter === ')') depth -= 1
    if (letter === ',' && depth === 0) {
      clauses.push(text.slice(from, index).trim())
      from = index + 1
    }
  }
  return [...clauses, text.slice(from).trim()]
}

/** An insert of before does not name it. */
const isNeeded = (clause: string): boolean =>
  /^add (column )?(?!constraint|check|unique|primary|foreign|exclude)/.test(clause) &&
  /\bnot null\b/.test(clause) &&
  !/\b(default|generated)\b/.test(clause)

/** An index that is built beside the traffic is dropped first, where an earlier attempt was cut off. */
const DROP_INDEX = new RegExp(`^drop index (?:concurrently )?(?:if exists )?${NAME}$`)
const CREATE_INDEX = new RegExp(
  `^create (?:unique )?index (?:concurrently )?(?:if not exists )?${NAME} on (?:only )?${NAME}`,
)

const namesOf = (pattern: RegExp, statements: readonly string[]): ReadonlySet<string> =>
  new Set(statements.flatMap((statement) => pattern.exec(statement)?.[1] ?? []))

/** Indexes of these tables. */
const indexesOf = (statements: readonly string[], tables: ReadonlySet<string>): readonly string[] =>
  statements.flatMap((statement) => {
    const [, index = '', table = ''] = CREATE_INDEX.exec(statement) ?? []
    return tables.has(table) ? [index] : []
  })

/** @param fresh tables that the release does not know; @param made indexes of the same file, or of such tables */
const judge = (statement: string, fresh: ReadonlySet<string>, made: ReadonlySet<string>): readonly string[] => {
  if (made.has(DROP_INDEX.exec(statement)?.[1] ?? '')) return []
  const taking = TAKING.flatMap(([pattern, what]) => (pattern.test(statement) ? [what] : []))
  if (taking.length > 0) return taking
  const [, unique] = CREATE_UNIQUE.exec(statement) ?? []
  if (unique !== undefined) return fresh.has(unique) ? [] : ['forbids doubles']
  const [, table = '', clauses = ''] = ALTER_TABLE.exec(statement) ?? []
  if (table === '' || fresh.has(table)) return []
  return clausesOf(clauses).flatMap((clause) => [
    ...NARROWING.flatMap(([pattern, what]) => (pattern.test(clause) ? [what] : [])),
    ...(isNeeded(clause) ? ['adds a column that must be given'] : []),
  ])
}

/**
 * Whatever the migrations since a release take away, or narrow, from what that release's processes read and write, without
 * saying so in a `-- contract:` header. Tables made since then, and their indexes, are nobody's yet. It reads SQL as far as migrations here
 * are written: of a `do` block it sees the statements, not what they are put together from.
 * @returns a sentence for each
 */
export const findContractions = (migrations: readonly MigrationText[]): readonly string[] => {
  const fresh = new Set<string>()
  const freshIndexes = new Set<string>()
  return migrations.flatMap(({ file, sql }) => {
    const statements = statementsOf(sql)
    for (const table of namesOf(CREATE_TABLE, statements)) fresh.add(table)
    for (const index of indexesOf(statements, fresh)) freshIndexes.add(index)
    if (contractOf(sql) !== undefined) return []
    const made = new Set([...namesOf(CREATE_INDEX, statements), ...freshIndexes])
    return statements.flatMap((statement) =>
      judge(statement, fresh, made).map((what) => `${file} ${what}: ${statement.slice(0, 80)}`),
    )
  })
}
