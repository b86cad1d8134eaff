import type { BatchCall } from '../../log/call.ts'
import type { EventBody } from '../../log/event.ts'
import type { State } from '../../log/state.ts'
import { legalNames } from '../../spec/issue.ts'
import { isJsonObject, ownValue, type Json, type JsonObject } from '../../spec/json.ts'
import type { Plan, PlanSlot } from '../../spec/plan.ts'
import { record, type Move } from '../move.ts'
import { askedNow, namedSlots } from './slots-ask.ts'
import { dueDefaults, heldIn, missingIn, type Held } from './slots.ts'
import { readSlot } from './slots-read.ts'

/*
 * Judging what the user answered to slots: the user's words come in as one event; what goes out is
 * what of them is taken, what is not and why, and the result of the call that asked once nothing is
 * missing any more (S4.33, Law 3).
 */

/** Concludes an answer that nobody has judged yet; null when there is none. */
export function judgeInput(plan: Plan, state: State): Move | null {
  const { answer, batch, batchIndex } = state.branch
  if (answer === null) return null
  const call = batch[batchIndex.get(answer.call) ?? -1] ?? null
  const asked = askedNow(plan, state, call)
  const { values, wrong, stray } = readAnswer(plan, asked, answer.input)
  const after = holding(plan, state, { values, wrong })
  const names = new Set(namedSlots(plan, call) ?? plan.slots.keys())
  const left = missingIn(plan, after).filter(({ name }) => names.has(name))
  const objections = [...wrong, ...unanswered({ left, after, values, stray })]
  const filled = Object.keys(values).length > 0 || objections.length === 0
  const about = call === null ? {} : { call: call.id }
  const events: EventBody[] = []
  if (filled) {
    const told = call === null ? tell(values, left) : {}
    events.push({ type: 'slots.filled', values, source: 'user', ...about, ...told })
  }
  if (objections.length > 0) events.push({ type: 'slots.rejected', ...about, wrong: objections })
  if (call !== null && left.length === 0) events.push(returned(call, { values, after }))
  return record(...events)
}

interface Answer {
  readonly values: JsonObject
  readonly wrong: readonly Wrong[]
  /** Names in it that are no slot's. */
  readonly stray: readonly string[]
}

interface Wrong {
  readonly slot: string
  readonly message: string
}

/** What is said of which slot: the one that is asked, or by name. */
function readAnswer(plan: Plan, asked: readonly PlanSlot[], input: Json): Answer {
  const [only] = asked
  const words = isJsonObject(input) ? wordsIn(plan, input) : input
  if (isJsonObject(words)) return readNamed(plan, words)
  const named = typeof words === 'string' && asked.length > 1 ? namedIn(plan, words) : null
  if (named !== null) return readNamed(plan, named)
  if (only !== undefined && asked.length === 1) return readNamed(plan, { [only.name]: words })
  const names = asked.map(({ name }) => name).join(', ')
  const message = `several are asked for (${names}): say which is which, one \`name: value\` a line`
  const open = asked.filter(({ required }) => required)
  const blamed = open.length > 0 ? open : asked
  return { values: {}, wrong: blamed.map(({ name: slot }) => ({ slot, message })), stray: [] }
}

/** By name: under `slots`, or the members themselves; a lone `message` or `answer` is plain words. */
function wordsIn(plan: Plan, input: JsonObject): Json {
  const named = ownValue(input, 'slots')
  if (isJsonObject(named) && !plan.slots.has('slots')) return named
  if (Object.keys(input).some((name) => plan.slots.has(name))) {
    const { message, ...rest } = input
    return plan.slots.has('message') || message === undefined ? input : rest
  }
  return ownValue(input, 'message') ?? ownValue(input, 'answer') ?? input
}

/** `name: value` or `name=value`, one a line, or an object in JSON; null for other words. */
function namedIn(plan: Plan, words: string): JsonObject | null {
  const json = words.trimStart().startsWith('{') ? parsed(words) : null
  if (isJsonObject(json)) return json
  const named: Record<string, Json> = {}
  for (const line of words.split('\n')) {
    if (line.trim() === '') continue
    const [, name = '', value = ''] = /^\s*([\w.-]+)\s*[:=]\s*(.*)$/.exec(line) ?? []
    if (!plan.slots.has(name)) return null
    named[name] = value
  }
  return Object.keys(named).length === 0 ? null : named
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function readNamed(plan: Plan, words: JsonObject): Answer {
  const values: Record<string, Json> = {}
  const wrong: Wrong[] = []
  const stray: string[] = []
  for (const [name, given] of Object.entries(words)) {
    const slot = plan.slots.get(name)
    if (slot === undefined) stray.push(name)
    // Nothing is an answer where none is needed: the question is settled, and not asked again.
    else if (given === null && !slot.required) values[name] = null
    else {
      const read = readSlot(slot, given, { numbered: true })
      if (read.ok) values[name] = read.value
      else wrong.push({ slot: name, message: read.message })
    }
  }
  return { values, wrong, stray }
}

/** What the slots will hold once an answer is taken, with the defaults that are then due. */
function holding(
  plan: Plan,
  state: State,
  { values, wrong }: Pick<Answer, 'values' | 'wrong'>,
): Held {
  const { slotErrors, slots } = state.branch
  const kept = [...slotErrors].filter(([name]) => !Object.hasOwn(values, name))
  const errors = new Map([...kept, ...wrong.map(({ slot, message }) => [slot, message] as const)])
  const defaults = dueDefaults(plan, { slots: { ...slots, ...values }, errors })
  return { slots: { ...heldIn(state).slots, ...values, ...defaults }, errors }
}

/** What is said where an answer holds nothing that was asked for, or names that do not exist. */
function unanswered(of: {
  readonly left: readonly PlanSlot[]
  readonly after: Held
  readonly values: JsonObject
  readonly stray: readonly string[]
}): readonly Wrong[] {
  const open = of.left.find(({ name }) => !of.after.errors.has(name))
  if (open === undefined) return []
  const [stray] = of.stray
  if (stray !== undefined) {
    const legal = legalNames(
      stray,
      of.left.map(({ name }) => name),
    )
    return [{ slot: open.name, message: `there is no slot \`${stray}\`; ${legal}` }]
  }
  const nothing = Object.keys(of.values).length === 0 && of.after.errors.size === 0
  return nothing ? [{ slot: open.name, message: 'nothing was answered' }] : []
}

/** The call's one result: what its answers filled. */
function returned(
  call: BatchCall,
  { values, after }: { readonly values: JsonObject; readonly after: Held },
): EventBody {
  const names = new Set([...(call.filled ?? []), ...Object.keys(values)])
  const slots = Object.fromEntries([...names].map((name) => [name, after.slots[name] ?? null]))
  return { type: 'tool.returned', call: call.id, output: { slots } }
}

/** What the model is told of answers that no call of its own asked for. */
function tell(
  values: JsonObject,
  left: readonly PlanSlot[],
): { readonly message?: string; readonly open?: true } {
  const lines = Object.entries(values).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  return {
    ...(lines.length === 0 ? {} : { message: `The user answered:\n${lines.join('\n')}` }),
    ...(left.length === 0 ? {} : { open: true }),
  }
}
