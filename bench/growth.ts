import { lockstepLoop } from './lockstep-loop.ts'
import { taken, timeInTurns } from './measure.ts'
import type { Table } from './table.ts'
import { pingPong } from './workload.ts'
import { zeroModel } from './zero-model.ts'

const TEXT_BYTES = 2_048
const AT_MOST = 1.3

/** Whether a step of a long run costs what a step of a short one costs (Law 10). */
export async function growth(): Promise<Table> {
  const [short, long] = [100, 1_000]
  const [shortRun, longRun] = [await runOf(short), await runOf(long)]
  const tenShort = async (): Promise<void> => {
    for (let count = 0; count < long / short; count++) await shortRun()
  }
  const times = await timeInTurns(
    [
      { name: 'short', run: tenShort },
      { name: 'long', run: longRun },
    ],
    { rounds: 21, warmUp: 4, batch: 1 },
  )
  const perStep = (name: string): number => taken(times, name) / long
  return {
    title: 'A step of a run of 1,000 steps beside one of a run of 100, texts of 2 KB, in memory',
    method: 'medians of 21 rounds in turns: ten runs of 100 steps, one run of 1,000; doGenerate',
    rows: [
      { what: `a step of ${short}`, value: perStep('short'), unit: 'µs/step', target: null },
      { what: `a step of ${long}`, value: perStep('long'), unit: 'µs/step', target: null },
      {
        what: `a step of ${long} / a step of ${short}`,
        value: perStep('long') / perStep('short'),
        unit: '×',
        target: { atMost: AT_MOST },
        because: `each call is handed a list of all messages so far: ${(perStep('long') - perStep('short')).toFixed(2)} µs more a step for ${long - short} more messages on average`,
      },
    ],
  }
}

async function runOf(length: number): Promise<() => Promise<void>> {
  const workload = pingPong(length - 1, 'x'.repeat(TEXT_BYTES))
  const run = await lockstepLoop(workload, { model: zeroModel({ answers: workload.answers }) })
  return async () => void (await run())
}
