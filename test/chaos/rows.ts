import { Client, type QueryResultRow } from 'pg'

/** The tenant whose callers write down what they are told. */
export const CALLERS = 'chaos'

const ask = async <Row extends QueryResultRow>(databaseUrl: string, sql: string): Promise<readonly Row[]> => {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

/** Ids and keys of every job that the callers' tenant ever had, past the api. */
export const rowsOf = (databaseUrl: string) =>
  ask<{ id: string; key: string | null }>(
    databaseUrl,
    `select id, idempotency_key as key from job where tenant = '${CALLERS}'`,
  )

/** Ids of jobs that are not over, whoever asked for them, past the api. */
export const openRowsOf = async (databaseUrl: string): Promise<readonly string[]> => {
  const rows = await ask<{ id: string }>(
    databaseUrl,
    "select id from job where state in ('queued', 'running', 'canceling')",
  )
  return rows.map(({ id }) => id)
}

/** Whether a job that is not over was in the hands of a worker that died: of this one, or of one before. */
export const anyOfTheDead = async (databaseUrl: string, pid: number): Promise<boolean> => {
  const rows = await ask(
    databaseUrl,
    `select from job where state in ('queued', 'running', 'canceling') and (lost_count > 0 or leased_by like '%/${pid}')`,
  )
  return rows.length > 0
}
