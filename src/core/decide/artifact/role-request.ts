import type { State } from '../../log/state.ts'
import { isJsonObject, ownValue, type Json, type JsonObject } from '../../spec/json.ts'
import type {
  ArtifactRules,
  GoalCriteria,
  PatternSpec,
  SectionSpec,
} from '../../spec/chain-spec.ts'
import type { Plan, PlanArtifact, PlanComposer, PlanStep, PlanVerifier } from '../../spec/plan.ts'
import { stepContext, templateScopes } from '../context.ts'
import { artifactName } from './artifact-call.ts'

/*
 * What a composer and a verifier are sent: their own short prompt, and one message with all that
 * they need. Neither sees the transcript or a tool (S4.3, S4.4).
 */

export type RolePrompt =
  | { readonly ok: true; readonly system: string; readonly message: string }
  | { readonly ok: false; readonly message: string }

interface Asked {
  readonly step: PlanStep
  /** The content that is scored, or written anew. */
  readonly content: string | null
  /** The arguments of the call, with the content of artifacts in them. */
  readonly args?: Json
}

/** The prompt of the composer or verifier whose model call is under way. */
export function rolePrompt(plan: Plan, state: State, asked: Asked): RolePrompt {
  const { model, batch, batchIndex } = state.branch
  const call = batch[batchIndex.get(model?.tool ?? '') ?? -1]
  const name = call === undefined ? null : artifactName(plan, asked.step, call)
  const artifact = plan.artifacts.get(name ?? '')
  if (call === undefined || artifact === undefined) {
    return { ok: false, message: 'there is no artifact to write or to score' }
  }
  const { compose, verify } = artifact
  if (model?.role === 'verifier') {
    if (verify === null) return { ok: false, message: `${artifact.name} has no verifier` }
    const message = verifierMessage(artifact, asked.content ?? '')
    return withSystem(plan, state, { caller: verify, message })
  }
  if (compose === null) return { ok: false, message: `${artifact.name} has no composer` }
  const sections = composerSections(plan, state, {
    artifact,
    compose,
    args: asked.args ?? call.args,
  })
  const last = asked.content === null ? [] : [`## The last version\n\n${asked.content}`]
  const message = [...sections, ...last].join('\n\n')
  return withSystem(plan, state, { caller: compose, message })
}

function withSystem(
  plan: Plan,
  state: State,
  on: { readonly caller: PlanComposer | PlanVerifier; readonly message: string },
): RolePrompt {
  const rendered = on.caller.prompt.render(templateScopes(plan, state))
  if (!rendered.ok) return { ok: false, message: rendered.error.message }
  const system = [rendered.text, ...(plan.policy === null ? [] : [plan.policy])].join('\n\n')
  return { ok: true, system, message: on.message }
}

function composerSections(
  plan: Plan,
  state: State,
  on: { readonly artifact: PlanArtifact; readonly compose: PlanComposer; readonly args: Json },
): readonly string[] {
  const { artifact, compose, args } = on
  const { name, spec } = artifact
  const about = spec.about === undefined ? '' : `\n\n${spec.about}`
  const rules = [...ruleLines(spec.rules), ...criteriaLines(spec.quality)]
  const inputs = Object.entries({ ...inputsOf(plan, state, compose), ...givenInputs(args) })
  const notes = isJsonObject(args) ? ownValue(args, 'notes') : undefined
  const critique = state.branch.artifacts.get(name)?.critique ?? null
  return [
    `# Write: ${name}${about}`,
    ...(rules.length === 0 ? [] : [`## Rules\n\n${listed(rules)}`]),
    ...(inputs.length === 0 ? [] : ['## Inputs']),
    ...inputs.map(([input, value]) => `### ${input}\n\n${shown(value)}`),
    ...(typeof notes === 'string' && notes !== '' ? [`## Notes\n\n${notes}`] : []),
    ...(critique === null ? [] : [`## What was wrong with the last try\n\n${critique}`]),
    'Answer with the content alone.',
  ]
}

/** As the author chose them; else all slots and the newest result of each tool. */
function inputsOf(plan: Plan, state: State, { inputs }: PlanComposer): JsonObject {
  const { slots, results, output } = state.branch
  if (inputs !== null) {
    const context = stepContext(plan, state, output)
    const chosen = [...inputs].map(([name, path]): [string, Json] => [
      name,
      path.singular ? (path.find(context) ?? null) : [...path.select(context)],
    ])
    return Object.fromEntries(chosen)
  }
  const latest = Object.entries(results).flatMap(([tool, history]): [string, Json][] => {
    const outputs = ownValue(history, 'outputs') ?? null
    const newest = isJsonObject(outputs) ? ownValue(outputs, 'latest') : undefined
    const outward = plan.tools.get(tool)?.outward === true
    return newest === undefined || !outward ? [] : [[tool, newest]]
  })
  return { ...slots, ...Object.fromEntries(latest) }
}

/** What the planner's call hands on: references that code has resolved. */
function givenInputs(args: Json): JsonObject {
  const given = isJsonObject(args) ? ownValue(args, 'inputs') : undefined
  if (!Array.isArray(given)) return {}
  return Object.fromEntries(given.map((value, index) => [`input ${index + 1}`, value]))
}

function verifierMessage({ name, spec }: PlanArtifact, content: string): string {
  const about = spec.about === undefined ? '' : `\n\n${spec.about}`
  const criteria = [...criteriaLines(spec.quality), ...ruleLines(spec.rules)]
  return [
    `# Score: ${name}${about}`,
    ...(criteria.length === 0 ? [] : [`## Criteria\n\n${listed(criteria)}`]),
    'Give a score from 1 to 10, and say in the feedback what is wrong, if anything is.',
    `## Content\n\n${content}`,
  ].join('\n\n')
}

/** The composer's directives in words, as the gate holds them (S4.21). */
function ruleLines(rules: ArtifactRules | undefined): readonly string[] {
  if (rules === undefined) return []
  const { min_chars: least, max_chars: most, sections = [], forbid = [], format } = rules
  return [
    ...(least === undefined ? [] : [`at least ${least} characters`]),
    ...(most === undefined ? [] : [`at most ${most} characters`]),
    ...sections.map((section) => `a section ${sectionName(section)}`),
    ...forbid.map((pattern) => `nothing that matches ${patternName(pattern)}`),
    ...(format === undefined ? [] : [`format: ${format}`]),
    ...(rules.schema === undefined ? [] : [`JSON Schema: ${JSON.stringify(rules.schema)}`]),
    'no placeholders: everything is written out',
  ]
}

function criteriaLines(criteria: GoalCriteria | undefined): readonly string[] {
  if (criteria === undefined) return []
  const { quality_checks: checks = [], structural_checks: structure = [] } = criteria
  return [
    ...(criteria.description === undefined ? [] : [criteria.description]),
    ...(criteria.required_sections ?? []).map((section) => `a section ${sectionName(section)}`),
    ...(criteria.anti_patterns ?? []).map((pattern) => `nothing like ${patternName(pattern)}`),
    ...(criteria.min_length === undefined ? [] : [`at least ${criteria.min_length} characters`]),
    ...checks.map(({ type, patterns, reason }) => {
      const what = reason ?? patterns.map(patternName).join(' or ')
      return `${type}: ${what}`
    }),
    ...structure.map(({ type, count }) => `${type.replace('min_', 'at least ')}: ${count}`),
  ]
}

function sectionName(section: SectionSpec): string {
  if (typeof section === 'string') return JSON.stringify(section)
  const { name, synonyms = [] } = section
  return [name, ...synonyms].map((each) => JSON.stringify(each)).join(' or ')
}

function patternName(pattern: PatternSpec): string {
  return typeof pattern === 'string' ? pattern : (pattern.reason ?? pattern.pattern)
}

function listed(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n')
}

function shown(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}
