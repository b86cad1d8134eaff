import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { aiSdkMind, createRuntime } from '../src/index.ts'
import { sqliteStore } from '../src/sqlite.ts'
import type { Code } from './built.ts'
import { runChild } from './child.ts'
import { loadWorkload } from './lockstep-loop.ts'
import { taken, timeInTurns, type Contender } from './measure.ts'
import type { Row, Table } from './table.ts'
import { inTemporaryFolder } from './temporary-folder.ts'
import { textSteps } from './workload.ts'
import { zeroModel } from './zero-model.ts'

const MOST_IMPORT_MS = 100
const MOST_RESUME_MS = 200
const DONE_STEPS = 50
const TIMING = { rounds: 9, warmUp: 1, batch: 1 }

/** What importing the library costs over an empty process, as shipped and from its source. */
export async function importTime(codes: readonly Code[]): Promise<Table> {
  const times = await timeInTurns(
    [
      evaluating('empty', '0'),
      evaluating('zod', "await import('zod')"),
      evaluating('ajv', "await import('ajv/dist/2020.js')"),
      ...codes.map((code) => importing(code.name, code.path('src/index'))),
      ...codes.map((code) => loading(`${code.name}, loaded`, code.path('src/index'))),
    ],
    TIMING,
  )
  const over = (name: string): number => (taken(times, name) - taken(times, 'empty')) / 1_000
  const parts = `zod alone takes ${over('zod').toFixed(0)} ms, ajv ${over('ajv').toFixed(0)}`
  const rows = codes.map(({ name }): Row => {
    const stripping = over('source') - over('built')
    return {
      what: name === 'built' ? 'as shipped (JavaScript)' : 'from source (TypeScript)',
      value: over(name),
      unit: 'ms',
      target: { atMost: MOST_IMPORT_MS },
      because:
        name === 'built'
          ? parts
          : `${stripping.toFixed(0)} ms of it are Node stripping the types of each file; ${parts}`,
    }
  })
  const loaded = codes.map(({ name }): Row => ({
    what: `${name === 'built' ? 'as shipped' : 'from source'}, and loading a first workflow`,
    value: over(`${name}, loaded`),
    unit: 'ms',
    target: null,
  }))
  const empty = { what: 'empty process', value: taken(times, 'empty') / 1_000 }
  return {
    title: 'Importing the library, over an empty process',
    method: `medians of ${TIMING.rounds} child processes each, in turns`,
    rows: [{ ...empty, unit: 'ms', target: null }, ...rows, ...loaded],
  }
}

/** From the start of a fresh process to the next model call of a run that was cut off. */
export async function resumeTime(codes: readonly Code[]): Promise<Table> {
  return inTemporaryFolder(async (folder) => {
    const path = join(folder, 'runs.db')
    const id = await cutOffRun(path)
    const contenders = codes.map(({ name, path: pathOf }): Contender => ({
      name,
      run: async () => void (await runChild([pathOf('bench/first-call'), path, id])),
    }))
    const imports = codes.map(({ name, path: pathOf }) =>
      importing(`${name} import`, pathOf('src/index')),
    )
    const times = await timeInTurns([...contenders, ...imports], TIMING)
    const rows = codes.map(({ name }): Row => {
      const value = taken(times, name) / 1_000
      const load = taken(times, `${name} import`) / 1_000
      return {
        what: name === 'built' ? 'as shipped (JavaScript)' : 'from source (TypeScript)',
        value,
        unit: 'ms',
        target: { atMost: MOST_RESUME_MS },
        because: `${load.toFixed(0)} ms are Node's start and the library's import, ${(value - load).toFixed(0)} opening, compiling, folding and exiting`,
      }
    })
    return {
      title: `Resuming a run after ${DONE_STEPS} steps, from process start to the next model call`,
      method: `SQLite; medians of ${TIMING.rounds} child processes each, in turns; includes the exit`,
      rows,
    }
  })
}

/** Runs more than DONE_STEPS steps and parks the run at the model call after them. */
async function cutOffRun(path: string): Promise<string> {
  const workload = textSteps(DONE_STEPS + 10)
  const store = sqliteStore(path)
  const stop = new AbortController()
  const onCall = (): void => {
    if (model.calls() === DONE_STEPS) stop.abort()
  }
  const model = zeroModel({ answers: workload.answers, onCall })
  const runtime = createRuntime({ store, mind: aiSdkMind({ model }) })
  const run = await runtime.start(await loadWorkload(workload), { signal: stop.signal })
  await run.done
  await runtime.close()
  return run.id
}

function importing(name: string, file: string): Contender {
  return evaluating(name, `await import(${JSON.stringify(pathToFileURL(file).href)})`)
}

/** The validators come with the first workflow. */
function loading(name: string, file: string): Contender {
  const url = JSON.stringify(pathToFileURL(file).href)
  const spec = "{ workflow: 'first', steps: [{ prompt: 'Go.' }] }"
  return evaluating(
    name,
    `const { loadWorkflow } = await import(${url}); await loadWorkflow(${spec})`,
  )
}

function evaluating(name: string, code: string): Contender {
  const args = ['--input-type=module', '--eval', code]
  return { name, run: async () => void (await runChild(args)) }
}
