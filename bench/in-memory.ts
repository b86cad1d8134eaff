import { bareLoop } from './bare-loop.ts'
import { generateTextLoop } from './generate-text-loop.ts'
import { lockstepLoop } from './lockstep-loop.ts'
import { taken, timeInTurns, type Contender, type Timing } from './measure.ts'
import type { Row, Table } from './table.ts'
import { pingPong, textSteps, toolSteps, type Workload } from './workload.ts'
import { zeroModel } from './zero-model.ts'

const RATIO = { W1: 0.25, W2: 0.15 } as const
const W3_OVER_W1 = 1.5

/** W1 or W2 beside the bare loop and the `generateText` loop, in microseconds for one step. */
export async function inMemory(name: 'W1' | 'W2'): Promise<Table> {
  const workload = name === 'W1' ? textSteps(10) : toolSteps(10)
  const times = await timeSteps(workload, { rounds: 31, warmUp: 8, batch: 10 })
  const peers = name === 'W1' ? ['generateText'] : ['generateText, ajv', 'generateText, zod']
  const ours = taken(times, 'Lockstep')
  const alone = taken(times, 'Lockstep, answers at hand')
  const ratios = peers.map((peer): Row => ({
    what: `Lockstep / ${peer}`,
    value: ours / taken(times, peer),
    unit: '×',
    target: { atMost: RATIO[name] },
    because: `of ${ours.toFixed(1)} µs the kernel takes ${alone.toFixed(1)}, the AI SDK mind the rest; ${peer} takes ${taken(times, peer).toFixed(0)}`,
  }))
  return {
    title: `${name} in memory: 10 steps × ${name === 'W1' ? '1 call' : '3 calls, two checked tool calls'}`,
    method: 'medians of 31 rounds taken in turns; doGenerate, as generateText calls it',
    rows: [...toRows(times), ...ratios],
  }
}

/** W3: 100 transitions, and whether a step costs what it costs in W1. */
export async function pingPongInMemory(): Promise<Table> {
  const timing = { rounds: 15, warmUp: 4, batch: 2 }
  const short = await timeSteps(textSteps(10), { ...timing, batch: 10 })
  const long = await timeSteps(pingPong(100), timing)
  const w1 = taken(short, 'Lockstep')
  const w3 = taken(long, 'Lockstep')
  return {
    title: 'W3 in memory: 100 transitions between two steps',
    method: 'medians of 15 rounds taken in turns; doGenerate',
    rows: [
      ...toRows(long),
      {
        what: 'Lockstep W3 / W1, per step',
        value: w3 / w1,
        unit: '×',
        target: { atMost: W3_OVER_W1 },
        because: `${w3.toFixed(1)} µs a step over 101 visits, ${w1.toFixed(1)} over 10`,
      },
    ],
  }
}

async function timeSteps(workload: Workload, timing: Timing): Promise<ReadonlyMap<string, number>> {
  const times = await timeInTurns(await contenders(workload), timing)
  return new Map([...times].map(([name, time]) => [name, time / workload.visits.length]))
}

async function contenders(workload: Workload): Promise<readonly Contender[]> {
  const { answers } = workload
  const model = (): ReturnType<typeof zeroModel> => zeroModel({ answers })
  const hasTools = Object.keys(workload.tools).length > 0
  const lockstep = await lockstepLoop(workload, { model: model() })
  const streaming = await lockstepLoop(workload, { model: model(), mode: 'stream' })
  const alone = await lockstepLoop(workload, { model: null })
  const peers = hasTools
    ? [
        generateContender(workload, 'generateText, ajv', 'ajv'),
        generateContender(workload, 'generateText, zod', 'zod'),
      ]
    : [generateContender(workload, 'generateText', 'ajv')]
  return [
    { name: 'bare loop', run: bareLoop(workload, { model: model() }) },
    ...peers,
    { name: 'Lockstep', run: async () => void (await lockstep()) },
    { name: 'Lockstep, streaming', run: async () => void (await streaming()) },
    { name: 'Lockstep, answers at hand', run: async () => void (await alone()) },
  ]
}

function generateContender(workload: Workload, name: string, schemas: 'ajv' | 'zod'): Contender {
  const model = zeroModel({ answers: workload.answers })
  return { name, run: generateTextLoop(workload, { model, schemas }) }
}

function toRows(times: ReadonlyMap<string, number>): readonly Row[] {
  return [...times].map(([what, value]) => ({ what, value, unit: 'µs/step', target: null }))
}
