import type { Code } from './built.ts'
import { readNumber, runChild } from './child.ts'
import { median } from './measure.ts'
import type { Table } from './table.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

const RUNS = 1_000
const ROUNDS = 3

/** W4: a thousand runs of W1 at once over a model of 50 ms, every append synced, in a child. */
export async function concurrent(code: Code): Promise<Table> {
  const outputs: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const { output } = await inTemporaryFolder((folder) =>
      runChild([code.path('bench/concurrent-runs'), folder, String(RUNS)]),
    )
    outputs.push(output)
  }
  const middle = (name: string): number => median(outputs.map((output) => readNumber(output, name)))
  const busy = (100 * middle('cpuMs')) / middle('milliseconds')
  const idle = middle('idleMegabytes')
  const peak = middle('peakMegabytes')
  const because = `the process was busy for ${busy.toFixed(0)} % of one core's time, ${(middle('cpuMs') / RUNS).toFixed(2)} ms a run; the rest is waiting for the model and the disk`
  return {
    title: `W4: ${RUNS} concurrent runs of W1, model 50 ms, SQLite, every append synced`,
    method: `medians of ${ROUNDS} child processes (${code.name} code, streaming); at best 2,000 runs/s`,
    rows: [
      {
        what: 'runs finished',
        value: middle('runsPerSecond'),
        unit: 'runs/s',
        target: { atLeast: 1_000 },
        because,
      },
      { what: 'added to a run, p50', value: middle('addedMs'), unit: 'ms', target: null },
      {
        what: 'peak memory of the process',
        value: peak,
        unit: 'MB',
        target: { atMost: 150 },
        because: `${idle.toFixed(0)} MB of it before the first run; ${(((peak - idle) * 1_024) / RUNS).toFixed(0)} KB for each run under way, its garbage included`,
      },
    ],
  }
}
