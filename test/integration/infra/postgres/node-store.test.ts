import { afterAll, beforeAll } from 'vitest'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { createNodeStore } from '../../../../infra/postgres/node-store.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { describeNodeStore } from '../../../contract/node-store.ts'
import { type OwnDatabase, ownDatabase } from '../../../fixtures/own-database.ts'
import { silence } from '../../../fixtures/silence.ts'

let own: OwnDatabase
let db: Database
beforeAll(async () => {
  // Forgetting concerns every node there is: those of other tests too.
  own = await ownDatabase('nodes')
  await migrate(own.url, silence().log)
  db = openPool({ url: own.url, maxCount: 4 })
})
afterAll(async () => {
  await db.end()
  await own.drop()
})

describeNodeStore('PostgreSQL', async () => createNodeStore(db))
