import { afterAll, beforeAll } from 'vitest'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { createMinuteStore } from '../../../../infra/postgres/minute-store.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { describeMinuteStore } from '../../../contract/minute-store.ts'
import { type OwnDatabase, ownDatabase } from '../../../fixtures/own-database.ts'
import { silence } from '../../../fixtures/silence.ts'

// What is rolled up and forgotten is everybody's: so it has a database of its own.
let own: OwnDatabase
let db: Database
beforeAll(async () => {
  own = await ownDatabase('minutes')
  await migrate(own.url, silence().log)
  db = openPool({ url: own.url, maxCount: 4 })
})
afterAll(async () => {
  await db.end()
  await own.drop()
})

describeMinuteStore('PostgreSQL', async () => createMinuteStore(db))
