import type { Message } from '../log/message.ts'
import type { AskedCall } from '../log/state.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ModelSettings, ToolChoice } from '../spec/spec.ts'

/** A tool as a model is told of it. */
export interface ToolOffer {
  readonly name: string
  readonly about: string
  /** JSON Schema of the arguments. */
  readonly input: JsonObject
}

/** Everything one model call needs; the same for every provider. */
export interface MindRequest {
  readonly run: string
  /** The position of this model call in the run, from 1. */
  readonly call: number
  readonly step: string
  readonly role: string
  /** The sub-run that asks; '' for the run itself. */
  readonly branch: string
  /** The nearest item of a fan-out that it is for, counted from 0; null outside of one. */
  readonly item: number | null
  /** `provider/model` as the workflow, the step or the run says; null when none does. */
  readonly model: string | null
  /** The stable system prefix. */
  readonly system: string | null
  /** The transcript; the array grows by appending only, and a mind must not change it. */
  readonly messages: readonly Message[]
  /** Definitions to send. Under `stable` these are all the run's tools, always the same. */
  readonly tools: readonly ToolOffer[]
  /** Which of `tools` may be called now; the kernel refuses the rest whatever a model does. */
  readonly legal: readonly string[]
  readonly scope: 'strict' | 'stable'
  readonly choose: ToolChoice
  /** JSON Schema that the final text must fit; null for free text. */
  readonly output: JsonObject | null
  readonly settings: ModelSettings
  /** The tool-less answer after a limit; a script with nothing left may decline it. */
  readonly closing: boolean
  /** Every model call of the run so far, this one too, in order: what a script needs to find its place. */
  readonly asked: readonly AskedCall[]
}
