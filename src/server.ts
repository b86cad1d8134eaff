/*
 * lockstep/server: workflows over HTTP.
 */
export { createServer } from './server/create-server.ts'
export type { ListeningAt, LockstepServer, ServerOptions } from './server/create-server.ts'
export { createKey, keyring } from './server/guard/api-keys.ts'
export type { KeyCheck, Keyring, KeyRecord } from './server/guard/api-keys.ts'
export { changeKeys, fileKeyring, readKeys } from './server/guard/api-keys-file.ts'
export { createLog } from './server/operation/access-log.ts'
export type { LogLevel, LogOutput } from './server/operation/access-log.ts'
export { ApiError } from './server/api-error.ts'
export { loadWorkflows } from './server/load-workflows-folder.ts'
export { createContinuations } from './server/continuation/continuation.ts'
export { readContinuationKey } from './server/continuation/continuation-key.ts'
export type { Caller, OwnKey, Scope, ServerContext, ServerEnv } from './server/server-context.ts'
export type { ServerLimits } from './server/guard/server-limits.ts'
