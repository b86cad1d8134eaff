import { join } from 'node:path'
import { sqliteStore } from '../src/sqlite.ts'
import { bareLoop } from './bare-loop.ts'
import { lockstepLoop } from './lockstep-loop.ts'
import { taken, timeInTurns } from './measure.ts'
import { openRowLog, type Synchronous } from './row-log.ts'
import { syncedStore } from './synced-store.ts'
import type { Table } from './table.ts'
import { inTemporaryFolder } from './temporary-folder.ts'
import { textSteps, toolSteps } from './workload.ts'
import { zeroModel } from './zero-model.ts'

const TIMES_FLOOR = 1.5

/** W1 and W2 on SQLite beside the bare loop with one row for each model or tool call. */
export async function durable(): Promise<Table> {
  const rows: Table['rows'][number][] = []
  for (const name of ['W1', 'W2'] as const) {
    for (const mode of ['NORMAL', 'FULL'] as const) rows.push(...(await compare(name, mode)))
  }
  return {
    title: 'W1 and W2 on SQLite',
    method:
      'medians of 15 rounds in turns; floor: the bare loop and one autocommitted row per call; FULL: every append synced',
    rows,
  }
}

async function compare(name: 'W1' | 'W2', mode: Synchronous): Promise<Table['rows']> {
  const workload = name === 'W1' ? textSteps(10) : toolSteps(10)
  const times = await inTemporaryFolder(async (folder) => {
    const log = openRowLog(join(folder, 'rows.db'), mode)
    const file = sqliteStore(join(folder, 'runs.db'))
    const store = mode === 'FULL' ? syncedStore(file) : file
    const model = (): ReturnType<typeof zeroModel> => zeroModel({ answers: workload.answers })
    const ours = await lockstepLoop(workload, { model: model(), store })
    const inMemory = await lockstepLoop(workload, { model: model() })
    const floor = bareLoop(workload, { model: model(), keep: log.keep })
    const measured = await timeInTurns(
      [
        { name: 'floor', run: floor },
        { name: 'ours', run: async () => void (await ours()) },
        { name: 'memory', run: async () => void (await inMemory()) },
      ],
      { rounds: 15, warmUp: 3, batch: 4 },
    )
    log.close()
    await file.close()
    return measured
  })
  const perStep = (who: string): number => taken(times, who) / workload.visits.length
  const writing = perStep('ours') - perStep('memory')
  return [
    { what: `${name} ${mode}: floor`, value: perStep('floor'), unit: 'µs/step', target: null },
    { what: `${name} ${mode}: Lockstep`, value: perStep('ours'), unit: 'µs/step', target: null },
    {
      what: `${name} ${mode}: Lockstep / floor`,
      value: perStep('ours') / perStep('floor'),
      unit: '×',
      target: { atMost: TIMES_FLOOR },
      because: `${perStep('memory').toFixed(0)} µs a step are the run itself, ${writing.toFixed(0)} its appends; the floor's rows take ${perStep('floor').toFixed(0)}`,
    },
  ]
}
