import { Client } from 'pg'

/** Ids and keys of every job that was ever made, past the api. */
export const rowsOf = async (
  databaseUrl: string,
): Promise<readonly { readonly id: string; readonly key: string | null }[]> => {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ id: string; key: string | null }>(
      'select id, idempotency_key as key from job',
    )
    return rows
  } finally {
    await client.end()
  }
}
