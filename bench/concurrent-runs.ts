/*
 * A child process: argv 2 is a folder, argv 3 how many runs of W1 go at once, each over a model that
 * takes 50 ms, on one SQLite file where every append is synced. Prints numbers as JSON.
 */
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { sqliteStore } from '../src/sqlite.ts'
import { lockstepLoop } from './lockstep-loop.ts'
import { median } from './measure.ts'
import { syncedStore } from './synced-store.ts'
import { textSteps } from './workload.ts'
import { zeroModel } from './zero-model.ts'

const STEPS = 10
const MODEL_MS = 50

const [, , folder = '.', count = '1000'] = process.argv
const workload = textSteps(STEPS)
const file = sqliteStore(join(folder, 'runs.db'))
const model = zeroModel({ answers: workload.answers, delayMs: MODEL_MS })
const run = await lockstepLoop(workload, { model, store: syncedStore(file), mode: 'stream' })
await run()

const idleMegabytes = process.resourceUsage().maxRSS / 1_024
const begun = performance.now()
const cpuBefore = process.cpuUsage()
const times = await Promise.all(
  Array.from({ length: Number(count) }, async () => {
    const started = performance.now()
    await run()
    return performance.now() - started
  }),
)
const milliseconds = performance.now() - begun
const cpu = process.cpuUsage(cpuBefore)
await file.close()
const result = {
  runsPerSecond: (Number(count) * 1_000) / milliseconds,
  addedMs: median(times) - STEPS * MODEL_MS,
  idleMegabytes,
  peakMegabytes: process.resourceUsage().maxRSS / 1_024,
  cpuMs: (cpu.user + cpu.system) / 1_000,
  milliseconds,
}
process.stdout.write(`${JSON.stringify(result)}\n`)
