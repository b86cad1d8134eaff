/*
 * A child process: argv 2 is a SQLite file, argv 3 a run in it that was cut off. Opens the run, goes
 * on with it, and exits at the next model call.
 */
import { aiSdkMind, createRuntime } from '../src/index.ts'
import { sqliteStore } from '../src/sqlite.ts'
import { zeroModel } from './zero-model.ts'

const [, , path = '', id = ''] = process.argv
const onCall = (): void => {
  process.stdout.write('called\n')
  process.exit(0)
}
const mind = aiSdkMind({ model: zeroModel({ answers: [{ text: 'done' }], onCall }) })
const run = await createRuntime({ store: sqliteStore(path), mind }).open(id)
await run.resume()
throw new Error('the run came to rest without a model call')
