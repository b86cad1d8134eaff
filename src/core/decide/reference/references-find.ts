import { artifactRef, publishedVersion, type ArtifactVersion } from '../../log/artifact.ts'
import type { Branch } from '../../log/branch.ts'
import { memberAt, readReference, REFERENCE_FORMS, type Reference } from '../../log/reference.ts'
import type { State } from '../../log/state.ts'
import { legalNames } from '../../spec/issue.ts'
import { isJsonObject, ownValue, type Json } from '../../spec/json.ts'

/*
 * What a reference stands for now: the newest published version of an artifact, the newest committed
 * success of a tool, the value of a slot. What is not there is said with what is.
 */

/** A value; the version of an artifact, whose content no state holds; or why there is neither. */
export type Found =
  | { readonly type: 'value'; readonly value: Json }
  | { readonly type: 'artifact'; readonly ref: string; readonly digest: string }
  | { readonly type: 'nothing'; readonly reason: string }

const SHOWN_CHARS = 80
const SHOWN_CALLS = 8
const SHOWN_NAMES = 24

/** Finds what a text names that claims to be a reference. Total. */
export function findReferenced(state: State, text: string): Found {
  const reference = readReference(text)
  if (reference === null) {
    const shown = JSON.stringify(shortened(text))
    return nothing(`${shown} is no reference: write ${REFERENCE_FORMS}. ${whatExists(state)}`)
  }
  switch (reference.kind) {
    case 'artifact':
      return findArtifact(state, reference)
    case 'tool':
      return findResult(state, reference)
    case 'slot':
      return findSlot(state, reference)
  }
}

function nothing(reason: string): Found {
  return { type: 'nothing', reason }
}

function shortened(text: string): string {
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text
}

/** The branch itself, then those that it belongs to: a sub-run may hand on what they have written. */
function* line({ branch, branches }: State): Generator<Branch> {
  let next: Branch | undefined = branch
  while (next !== undefined) {
    yield next
    next = next.parent === null ? undefined : branches.get(next.parent.branch)
  }
}

type Of<Kind extends Reference['kind']> = Extract<Reference, { readonly kind: Kind }>

/** The nearest branch that has an artifact of the name says which versions there are. */
function findArtifact(state: State, { name, version }: Of<'artifact'>): Found {
  for (const branch of line(state)) {
    const { versions = [] } = branch.artifacts.get(name) ?? {}
    if (versions.length === 0) continue
    const isLegal = (each: ArtifactVersion): boolean => each.published && isKept(each, state)
    const found = versions.findLast((each) => {
      return isLegal(each) && (version === null || each.version === version)
    })
    if (found !== undefined) {
      return { type: 'artifact', ref: artifactRef(name, found.version), digest: found.digest }
    }
    const published = versions.filter(isLegal).map((each) => each.version)
    const legal = published.slice(-SHOWN_NAMES).join(', ')
    const what = version === null ? 'published version' : `published version ${version}`
    return nothing(`artifact ${name} has no ${what}; published: ${legal === '' ? 'none' : legal}`)
  }
  const legal = legalNames(name, publishedNames(state))
  return nothing(`there is no artifact ${JSON.stringify(name)}; ${legal}`)
}

function isKept({ expiresAt }: ArtifactVersion, { at }: State): boolean {
  return expiresAt === null || at < expiresAt
}

function publishedNames(state: State): readonly string[] {
  const names = new Set<string>()
  for (const { artifacts } of line(state)) {
    for (const [name, artifact] of artifacts) {
      const version = publishedVersion(artifact)
      if (version !== null && isKept(version, state)) names.add(name)
    }
  }
  return [...names]
}

function findResult({ branch }: State, reference: Of<'tool'>): Found {
  const { name, call, pointer } = reference
  const outputs = outputsOf(branch, name)
  if (outputs.length === 0) {
    const quoted = JSON.stringify(name)
    return nothing(`no ${quoted} has returned yet; ${legalNames(name, returned(branch))}`)
  }
  if (call === null) return within(`the result of ${name}`, outputs.at(-1) ?? null, pointer)
  const isIt = (each: { readonly call: string; readonly tool: string }): boolean =>
    each.call === call && each.tool === name
  const fact = branch.facts.findLast(isIt) ?? branch.told.findLast(isIt)
  if (fact !== undefined) return within(`the result of ${name}#${call}`, fact.output, pointer)
  const calls = [...branch.facts, ...branch.told]
    .filter(({ tool }) => tool === name)
    .slice(-SHOWN_CALLS)
    .map((each) => each.call)
  const legal = calls.map((id) => JSON.stringify(shortened(id))).join(', ')
  const quoted = JSON.stringify(shortened(call))
  return nothing(`no call ${quoted} of ${name} has returned; the last that did: ${legal}`)
}

/** Committed successes of a tool; of a sub-run too, whose answer is no fact but can be handed on. */
function outputsOf({ results }: Branch, tool: string): readonly Json[] {
  const history = ownValue(results, tool)
  const outputs = isJsonObject(history) ? ownValue(history, 'outputs') : undefined
  const all = isJsonObject(outputs) ? ownValue(outputs, 'all') : undefined
  return Array.isArray(all) ? all : []
}

function returned(branch: Branch): readonly string[] {
  return Object.keys(branch.results).filter((tool) => outputsOf(branch, tool).length > 0)
}

function findSlot({ branch }: State, { name, pointer }: Of<'slot'>): Found {
  const value = ownValue(branch.slots, name)
  if (value !== undefined) return within(`slot ${name}`, value, pointer)
  const legal = legalNames(name, Object.keys(branch.slots))
  return nothing(`slot ${JSON.stringify(name)} is not filled; ${legal}`)
}

function within(what: string, whole: Json, pointer: readonly string[]): Found {
  let value = whole
  for (const [index, name] of pointer.entries()) {
    const member = memberAt(value, name)
    if (member === undefined) {
      const way = pointer.slice(0, index + 1).join('/')
      const where = JSON.stringify(shortened(`/${way}`))
      return nothing(`${what} has nothing at ${where}; ${membersOf(value)}`)
    }
    value = member
  }
  return { type: 'value', value }
}

/** Names that a tool's result has are its words: quoted, they stay data (Law 16). */
function membersOf(value: Json): string {
  if (Array.isArray(value)) {
    return value.length === 0 ? 'the list there is empty' : `there is 0 to ${value.length - 1}`
  }
  if (!isJsonObject(value)) return 'there are no members below that'
  const names = Object.keys(value)
  if (names.length === 0) return 'there are no members'
  const shown = names.slice(0, SHOWN_NAMES).map((name) => JSON.stringify(shortened(name)))
  return `there is ${shown.join(', ')}${names.length > SHOWN_NAMES ? ', …' : ''}`
}

function whatExists(state: State): string {
  const { branch } = state
  const all = [
    ...publishedNames(state).map((name) => `ref:artifact/${name}`),
    ...returned(branch).map((tool) => `ref:tool/${tool}`),
    ...Object.keys(branch.slots).map((slot) => `ref:slot/${slot}`),
  ]
  if (all.length === 0) return 'There is nothing to refer to yet.'
  const more = all.length > SHOWN_NAMES ? ', …' : ''
  return `Now there is ${all.slice(0, SHOWN_NAMES).join(', ')}${more}.`
}
