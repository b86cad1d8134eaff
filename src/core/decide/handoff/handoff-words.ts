import type { Attempt } from '../../log/handoff.ts'
import type { Json } from '../../spec/json.ts'
import { templateScopes } from '../context.ts'
import type { Customer } from './handoff-facts.ts'
import { factsOf, proseOf, proseText, type Sources } from './handoff-sources.ts'

/*
 * The prose of a packet: the model's own words where it was asked for them, else sentences that code
 * writes from the log, so that a packet is whole without a model.
 */

const MAX_PROSE = 4_000
const MAX_QUOTE = 600
const MAX_QUESTIONS = 20
const LATEST_MESSAGES = 3
const LATEST_CALLS = 12

/** What the matter is about: the workflow's template, else the first line that the user wrote. */
export function subjectOf({ plan, state, handoff }: Sources): string {
  const rendered = handoff?.subject?.render(templateScopes(plan, state))
  const said = state.said.at(-1)?.text ?? ''
  const own = rendered?.ok === true ? firstLine(rendered.text) : ''
  const input = JSON.stringify(state.branch.input)
  return own || firstLine(said) || clip(`${plan.name} ${input}`, 200)
}

function firstLine(text: string): string {
  const line = text.split(/[\r\n\u2028\u2029]/).find((each) => each.trim() !== '') ?? ''
  return clip(line.trim(), 200)
}

/** What happened so far. */
export function summaryOf(sources: Sources): string {
  const prose = proseText(sources, 'summary')
  if (prose !== '') return clip(prose, MAX_PROSE)
  const { state, branches } = sources
  const said = state.said.slice(-LATEST_MESSAGES)
  const asked = said.map(({ text, seq }) => `The user wrote “${clip(text, MAX_QUOTE)}” [#${seq}]`)
  const steps = branches.toReversed().flatMap((branch) => Object.keys(branch.steps))
  const facts = factsOf(sources)
  const found = facts.slice(-LATEST_CALLS).map(({ tool, seq }) => `${tool} [#${seq}]`)
  const more = facts.length > found.length ? `, and ${facts.length - found.length} before them` : ''
  const { step } = state.branch
  return [
    ...asked,
    ...(steps.length === 0 ? [] : [`Steps completed: ${steps.join(', ')}.`]),
    found.length === 0 ? 'No tool has returned a result.' : `Done: ${found.join(', ')}${more}.`,
    step === null ? 'It stopped before the first step.' : `It stopped in step ${step}.`,
  ].join('\n')
}

/** Why it came to a person: the gate and its reason, or what the model said and what came before. */
export function rootCauseOf(sources: Sources): string {
  const prose = proseText(sources, 'root_cause')
  if (prose !== '') return clip(prose, MAX_PROSE)
  const { call, asked, gate, reason } = sources
  if (call === null) return `The workflow hands over at once where ${reason}.`
  if (!asked) return `Gate ${gate} holds ${callText(call)} for a person: ${reason}.`
  const before = sources.matter
  const stated = `The model asked for a person: ${clip(proseText(sources, 'reason'), MAX_QUOTE)}`
  return before === null ? stated : `${stated}\nBefore that, ${attemptText(before)}.`
}

/** What the person should do; nothing that was held has been executed. */
export function recommendedActionOf(sources: Sources): string {
  const prose = proseText(sources, 'recommended_action')
  if (prose !== '') return clip(prose, MAX_PROSE)
  const { call, asked, gate, reason } = sources
  if (call !== null && !asked) {
    return `Decide on ${callText(call)}: gate ${gate} holds it (${reason}). It was not executed: carry it out or decline it, and tell the user.`
  }
  const before = sources.matter
  if (before !== null) {
    return `Decide on ${callText(before)}: ${attemptText(before)}. Then tell the user.`
  }
  const said = sources.state.said.at(-1)?.text ?? ''
  return said === ''
    ? 'Take over from here.'
    : `Take over and answer the user: “${clip(said, MAX_QUOTE)}”`
}

/** What nobody knows yet: the model's questions, then those that code can see. */
export function openQuestionsOf(
  sources: Sources,
  known: { readonly customer: Customer; readonly missing: readonly string[] },
): readonly string[] {
  const { customer, missing } = known
  const asked = [proseOf(sources)['open_questions'] ?? []].flat()
  const own = asked.filter((each): each is string => typeof each === 'string' && each.trim() !== '')
  const who = customer.candidates.slice(0, 5).join(' or ')
  const calls = sources.branches.flatMap((branch) => branch.batch)
  const doubted = calls.filter((call) => call.status === 'doubted')
  const behind = calls.filter((call) => call.status === 'waiting')
  return [
    ...own.map((each) => clip(each.trim(), MAX_QUOTE)),
    ...(customer.candidates.length > 1 ? [`Which customer is it: ${who}?`] : []),
    ...missing.map(missingQuestion),
    ...doubted.map((call) => `Did ${callText(call)} happen? It was cut off.`),
    ...behind.map(
      (call) => `What about ${callText(call)}? It was asked for as well, and not tried.`,
    ),
  ].slice(0, MAX_QUESTIONS)
}

function attemptText(attempt: Attempt): string {
  const { gate, outcome, reason, seq } = attempt
  const who = outcome === 'failed' ? `it failed with ${gate}` : `gate ${gate} ${outcome} it`
  const name = outcome === 'denied' ? `${gate} denied it` : who
  return `${attempt.tool} was tried and ${name} [#${seq}]: ${clip(reason, MAX_QUOTE)}`
}

function callText({ tool, args }: { readonly tool: string; readonly args: Json }): string {
  return `${tool} ${clip(JSON.stringify(args), MAX_QUOTE)}`
}

/** What is asked about a part that is missing. */
export function missingQuestion(name: string): string {
  return `What is ${name}? The handoff has to say it.`
}

/** Cuts a text to a length, never inside a character. */
export function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`
}
