import type { QueryResult, QueryResultRow } from 'pg'

/** A statement; the name makes it a prepared one, planned once a connection. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/** What statements can be given to. */
export interface Queryable {
  /** @throws UnavailableError when the server does not answer, refuses writes or is short of a resource */
  query<R extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<QueryResult<R>>
}
