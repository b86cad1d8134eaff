import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest'
import { noPostgres, startPostgres, type PostgresServer } from '../../test/postgres-server.ts'
import { postgresStore } from './postgres.ts'
import { describeStore } from './store.contract.ts'

let server: PostgresServer
let url: string
beforeAll(async () => {
  server = await startPostgres()
  url = await server.createDatabase()
})
afterAll(() => server.stop())
let made = 0
describe.skipIf(noPostgres !== null)(`Postgres`, () => {
  describeStore('postgresStore', () => postgresStore({ connectionString: url, schema: `s${(made += 1)}` }))
})
