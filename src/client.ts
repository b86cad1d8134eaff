/*
 * lockstep/client: a Lockstep server from anywhere, browsers among them.
 */
export { createClient, lockstep } from './client/create-client.ts'
export type { Client, ClientOptions } from './client/create-client.ts'
export { LockstepApiError } from './client/lockstep-api-error.ts'
export type { ApiErrorCode } from './client/lockstep-api-error.ts'

// Responses, with tools that run here.
export type { CreateOptions, RequestOptions, Responses } from './client/responses.ts'
export type { ClientTool, ClientToolContext, ListedTool, ToolMap } from './client/client-tool.ts'
export type { ArgumentsOf } from './client/arguments-of.ts'
export type {
  PersonizeOptions,
  ResponseRequest,
  ResponseResult,
  ResponseStep,
  StepResult,
} from './client/response-shape.ts'
export type { ResponseEvent, ResponseStream } from './client/response-stream.ts'
export type { Progress } from './client/tool-loop.ts'

// Chat completions.
export type {
  ChatChunk,
  ChatCompletion,
  ChatCompletions,
  ChatRequest,
} from './client/chat-completions.ts'

// Runs that the server keeps.
export type { ActOptions, Runs, StartOptions } from './client/runs.ts'
export type { EventsOptions, TextDelta } from './client/run-events.ts'
export type {
  RunAnswer,
  RunApproval,
  RunArtifact,
  RunCheckpoint,
  RunDetail,
  RunInput,
  RunResult,
  RunState,
  RunSummary,
  StartRequest,
} from './client/run-shape.ts'
