import type { Handoff } from '../../log/handoff.ts'
import type { HandoffState } from '../../log/state.ts'
import type { JsonObject } from '../../spec/json.ts'
import type { Plan } from '../../spec/plan.ts'
import { amountsOf, attemptsOf, customerOf, findingsOf, urgencyOf } from './handoff-facts.ts'
import { fieldsOf, missingFields } from './handoff-fields.ts'
import type { Sources } from './handoff-sources.ts'
import {
  missingQuestion,
  openQuestionsOf,
  recommendedActionOf,
  rootCauseOf,
  subjectOf,
  summaryOf,
} from './handoff-words.ts'

/** A packet, and what it lacks. */
export interface Compiled {
  readonly packet: Handoff
  readonly missing: readonly string[]
}

/** Compiles the packet for a person from the log's state; the same state gives the same packet (S2.12). */
export function compilePacket(sources: Sources): Compiled {
  const { handoff, state, call, asked } = sources
  const { branch } = state
  const customer = customerOf(sources)
  const { fields, missing: fieldsMissing } = fieldsOf(sources)
  const amounts = amountsOf(sources)
  const unknown = [...(handoff?.amounts.keys() ?? [])].filter(
    (name) => !amounts.some((amount) => amount.name === name),
  )
  const needsCustomer = handoff !== null && handoff.customer !== null
  const lacks = [
    ...(needsCustomer && customer.id === null ? ['customer_id'] : []),
    ...fieldsMissing,
  ]
  const packet: Handoff = {
    run: state.run,
    workflow: state.workflow,
    step: [branch.id, branch.step ?? ''].filter((each) => each !== '').join(' '),
    subject: subjectOf(sources),
    customer_id: customer.id,
    summary: summaryOf(sources),
    findings: findingsOf(sources),
    root_cause: rootCauseOf(sources),
    attempts: attemptsOf(sources),
    amounts,
    recommended_action: recommendedActionOf(sources),
    urgency: urgencyOf(sources),
    open_questions: openQuestionsOf(sources, { customer, missing: [...lacks, ...unknown] }),
    held: call === null || asked ? null : { call: call.id, tool: call.tool, args: call.args },
    fields,
  }
  return { packet, missing: [...emptyProse(packet), ...lacks] }
}

const PROSE = ['subject', 'summary', 'root_cause', 'recommended_action'] as const

function emptyProse(packet: Handoff): readonly string[] {
  return PROSE.filter((name) => packet[name].trim() === '')
}

/** The packet with what a person filled in, and what it still lacks. */
export function fillPacket(plan: Plan, handoff: HandoffState, filled: JsonObject): Compiled {
  const { customer_id: customer, ...others } = filled
  const before = handoff.packet
  const known = typeof customer === 'string' ? customer : before.customer_id
  const fields = { ...before.fields, ...others }
  // The run's own schema is asked again; what a sub-run's asked for is known by its names alone.
  const asked = new Set(missingFields(plan.handoff, before.fields))
  const open = handoff.missing.filter((each) => {
    const [name = each] = each.split(' (')
    if (name === 'customer_id') return known === null
    return !asked.has(name) && !Object.hasOwn(fields, name)
  })
  const missing = [...open, ...missingFields(plan.handoff, fields)]
  const answered = new Set(
    handoff.missing.filter((each) => !missing.includes(each)).map(missingQuestion),
  )
  const questions = before.open_questions.filter((each) => !answered.has(each))
  return {
    packet: { ...before, customer_id: known, fields, open_questions: questions },
    missing,
  }
}
