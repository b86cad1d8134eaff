import type { BatchCall } from '../../log/call.ts'
import type { AskedSlot, EventBody, GateOutcome, Pending } from '../../log/event.ts'
import type { State } from '../../log/state.ts'
import { legalNames } from '../../spec/issue.ts'
import { isJsonObject, ownValue } from '../../spec/json.ts'
import type { Plan, PlanSlot, PlanStep, PlanTool } from '../../spec/plan.ts'
import { reachableSteps } from '../../spec/compile/check.ts'
import { refuse, type KnownQuestion } from '../gate/question.ts'
import { record, type Move } from '../move.ts'
import { canAsk, matters, missingSlots } from './slots.ts'
import { showsNumbers } from './slots-read.ts'

/*
 * Asking the user for slots: what a call of `request_input` asks for, when the kernel asks by itself,
 * what is shown, and the built-in gate `slots`, which lets nothing be written on a guess (S4.31).
 */

/** The slots that a call names; null where it names none. */
export function namedSlots(plan: Plan, call: BatchCall | null): readonly string[] | null {
  const named = call !== null && isJsonObject(call.args) ? ownValue(call.args, 'slots') : undefined
  if (!Array.isArray(named)) return null
  return named.filter((name) => typeof name === 'string' && plan.slots.has(name))
}

function questionIn({ args }: BatchCall): string | null {
  const question = isJsonObject(args) ? ownValue(args, 'question') : undefined
  return typeof question === 'string' ? question : null
}

/**
 * The slots that are asked for now: those that the call names, and after a first answer what is
 * missing of them; all that are missing where it names none and has no question of its own; none for
 * a free question. Without a call, all that are missing.
 */
export function askedNow(plan: Plan, state: State, call: BatchCall | null): readonly PlanSlot[] {
  const missing = missingSlots(plan, state)
  const named = namedSlots(plan, call)
  if (named === null) return call !== null && questionIn(call) !== null ? [] : missing
  if (call?.filled !== null) return missing.filter(({ name }) => named.includes(name))
  return [...new Set(named)].flatMap((name) => plan.slots.get(name) ?? [])
}

/** The rest for a call of `request_input`: for slots, or in the model's own words. */
export function restForInput(plan: Plan, state: State, call: BatchCall): EventBody {
  const own = questionIn(call)
  const slots = askedNow(plan, state, call)
  const pending = { call: call.id, tool: call.tool, args: call.args }
  if (slots.length > 0) return restFor(plan, state, { slots, pending, own })
  const message = own ?? ''
  return {
    type: 'run.rested',
    reason: 'needs_input',
    message,
    pending: [{ ...pending, question: message }],
  }
}

/** The rest for what the kernel asks by itself. */
function restForMissing(plan: Plan, state: State, slots: readonly PlanSlot[]): Move {
  const names = slots.map(({ name }) => name)
  const pending = { call: '', tool: 'request_input', args: { slots: names } }
  return record(restFor(plan, state, { slots, pending, own: null }))
}

function restFor(
  plan: Plan,
  state: State,
  of: {
    readonly slots: readonly PlanSlot[]
    readonly pending: Pending
    readonly own: string | null
  },
): EventBody {
  const slots = of.slots.map((slot) => shown(plan, state, slot))
  const question = inWords(slots, of.own)
  return {
    type: 'run.rested',
    reason: 'needs_input',
    message: question,
    pending: [{ ...of.pending, question, slots }],
  }
}

function shown(plan: Plan, { branch }: State, slot: PlanSlot): AskedSlot {
  const { name, type, question, options, required } = slot
  const validation = plan.spec.slots?.[name]?.validation
  const error = branch.slotErrors.get(name)
  return {
    name,
    type,
    question,
    ...(options.length === 0 ? {} : { options }),
    required,
    ...(validation === undefined ? {} : { validation }),
    ...(error === undefined ? {} : { error }),
  }
}

/** All questions as one text, for whoever can show no more than that. */
function inWords(slots: readonly AskedSlot[], own: string | null): string {
  const [only] = slots
  if (only !== undefined && slots.length === 1)
    return asWords({ ...only, question: own ?? only.question })
  const lines = slots.map((slot) => `${slot.name}: ${asWords(slot)}`)
  return [...(own === null ? [] : [own]), ...lines].join('\n')
}

function asWords({ question, options = [], required, error }: AskedSlot): string {
  const numbered = showsNumbers(options)
  const named = options.map((option, index) => (numbered ? `${index + 1} ${option}` : option))
  const choice = named.length === 0 ? '' : ` (${named.join(', ')})`
  const why = error === undefined ? '' : `${error}. `
  return `${why}${question}${choice}${required ? '' : ' (optional)'}`
}

/**
 * Asks before a step is entered that could not ask: where it writes or fans out, which would be a
 * guess, or where no step that can ask lies ahead. Null where nothing is missing, or the step or a
 * later one is there to ask.
 */
export function askAtEntry(plan: Plan, state: State, step: PlanStep): Move | null {
  const slots = missingSlots(plan, state)
  if (slots.length === 0 || canAsk(plan, step)) return null
  const writes = step.tools.some((name) => isWrite(plan.tools.get(name)))
  const later = [...reachableSteps(plan, step.name)].some((name) => {
    const ahead = plan.steps.get(name)
    return ahead !== undefined && canAsk(plan, ahead)
  })
  return writes || step.each !== null || !later ? restForMissing(plan, state, slots) : null
}

/** Asks for what is missing, whatever step comes: its prompt cannot be written without it. */
export function askMissing(plan: Plan, state: State): Move | null {
  const slots = missingSlots(plan, state)
  return slots.length === 0 ? null : restForMissing(plan, state, slots)
}

/** Asks before a step ends that was there to ask and did not; it goes on with the answers. */
export function askAtEnd(plan: Plan, state: State, step: PlanStep): Move | null {
  return canAsk(plan, step) ? askMissing(plan, state) : null
}

/** True for a tool that is not legal while a required slot is missing (S4.31). */
export function isWrite(tool: PlanTool | undefined): boolean {
  return tool?.effect === 'write' && tool.kind !== 'finish' && tool.kind !== 'escalate'
}

/**
 * The built-in gate `slots`: nothing is written while a required slot is missing, and only slots that
 * exist and are of use are asked for. Null for a call that it lets pass (S4.31).
 */
export function slotRefusal(question: KnownQuestion): GateOutcome | null {
  const { plan, state, call, tool } = question
  if (tool.kind === 'request-input') return askRefusal(question)
  if (plan.slots.size === 0 || call.undoes !== null || !isWrite(tool)) return null
  const missing = missingSlots(plan, state)
  if (missing.length === 0) return null
  const named = missing.map((slot) => `${slot.name} (${slot.question})`).join(', ')
  const how = canAsk(plan, question.step) ? '; ask the user with request_input' : ''
  return refuse('slots', `the user has not said yet: ${named}${how}`)
}

function askRefusal({ plan, state, call }: KnownQuestion): GateOutcome | null {
  const given = isJsonObject(call.args) ? ownValue(call.args, 'slots') : undefined
  if (!Array.isArray(given)) {
    if (questionIn(call) !== null || missingSlots(plan, state).length > 0) return null
    return refuse('arguments', 'no slot is missing: give a `question`, or name `slots`')
  }
  for (const name of given) {
    const slot = typeof name === 'string' ? plan.slots.get(name) : undefined
    if (slot === undefined) {
      const legal = legalNames(String(name), [...plan.slots.keys()])
      return refuse('arguments', `there is no slot ${JSON.stringify(name)}; ${legal}`)
    }
    if (matters(plan, slot, state.branch.slots)) continue
    const on = [...slot.dependsOn.keys()].join(', ')
    return refuse('arguments', `slot ${slot.name} is of no use now: it depends on ${on}`)
  }
  return null
}
