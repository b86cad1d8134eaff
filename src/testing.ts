/*
 * lockstep/testing: minds without a model, for tests and demonstrations.
 */
export { parseScript } from './mind/script.ts'
export type { Script } from './mind/script.ts'
export { readScript } from './mind/read-script.ts'
export { scriptedMind } from './mind/scripted.ts'
export { recordingMind } from './mind/recorder.ts'
