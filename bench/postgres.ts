import { performance } from 'node:perf_hooks'
import { postgresStore } from '../src/postgres.ts'
import type { Store } from '../src/index.ts'
import { lockstepLoop } from './lockstep-loop.ts'
import { median, taken, timeInTurns } from './measure.ts'
import type { Table } from './table.ts'
import { textSteps, toolSteps } from './workload.ts'
import { zeroModel } from './zero-model.ts'

const AT_ONCE = 32

/** W1 and W2 on a Postgres of this machine that syncs every commit; alone, and many runs at once. */
export async function postgres(): Promise<Table> {
  // Loaded here: where its server is not installed, the other groups have no need of it.
  const { noPostgres, startPostgres } = await import('../test/postgres-server.ts')
  const rows: Table['rows'][number][] = []
  if (noPostgres === null) {
    const server = await startPostgres({ fsync: true })
    const store = postgresStore({ connectionString: await server.createDatabase() })
    for (const name of ['W1', 'W2'] as const) rows.push(...(await measure(name, store)))
    await store.close()
    await server.stop()
  }
  return {
    title: 'W1 and W2 on Postgres',
    method: `medians of 9 rounds; one process, a pool of 10; ${noPostgres ?? 'Postgres on a unix socket, fsync on'}`,
    rows,
  }
}

async function measure(name: 'W1' | 'W2', store: Store): Promise<Table['rows']> {
  const workload = name === 'W1' ? textSteps(10) : toolSteps(10)
  const steps = workload.visits.length
  const model = zeroModel({ answers: workload.answers })
  const ours = await lockstepLoop(workload, { model, store })
  const times = await timeInTurns([{ name: 'ours', run: async () => void (await ours()) }], {
    rounds: 9,
    warmUp: 2,
    batch: 2,
  })
  const many: number[] = []
  for (let round = 0; round < 9; round++) {
    const begun = performance.now()
    await Promise.all(Array.from({ length: AT_ONCE }, () => ours()))
    many.push(((performance.now() - begun) * 1_000) / (AT_ONCE * steps))
  }
  const row = { unit: 'µs/step', target: null }
  return [
    { what: `${name}: one run`, value: taken(times, 'ours') / steps, ...row },
    { what: `${name}: ${AT_ONCE} runs at once`, value: median(many), ...row },
  ]
}
