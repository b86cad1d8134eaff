import { legalNames, textPlace } from '../../core/spec/issue.ts'
import {
  parseVelocity,
  readReference,
  type Reference,
  type VelocityError,
  type VelocityPart,
} from './velocity-parse.ts'

/*
 * A Velocity template goes in; out comes the same text as a template of ours. What is known when the
 * file is read, the agent's name and its tools, is written out; what a run knows stays a variable.
 */

/** What Vectara's variables stand for. */
export interface VelocityNames {
  /** `$agent.name`, `$agent.key`, `$agent.description`: written out. */
  readonly agent: ReadonlyMap<string, string>
  /** `$tools`, which is looped over. */
  readonly tools: readonly { readonly name: string; readonly description: string }[]
}

/** What fromVelocity answers; warnings are about what nobody will see. */
export type FromVelocity =
  | { readonly ok: true; readonly template: string; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly message: string }

/**
 * Reads a Velocity template (S3.3) as a template of ours. Total. `$currentDate` becomes `{{today}}`,
 * `$agent.metadata.*` and `$session.*` the values of the run, `$!x` nothing where x is missing;
 * `#foreach($tool in $tools)` is written out. A comment (`## …`) is left out, with a warning.
 */
export function fromVelocity(text: string, names: VelocityNames): FromVelocity {
  const parsed = parseVelocity(text)
  const wrong = (error: VelocityError): FromVelocity => {
    return { ok: false, message: `${error.message} (${textPlace(text, error.at)})` }
  }
  if (!parsed.ok) return wrong(parsed.error)
  const writer: Writer = { names, chunks: [], error: null }
  writeParts(parsed.parts, [], writer)
  if (writer.error !== null) return wrong(writer.error)
  const template = joinChunks(writer.chunks)
  if (template === null) {
    const message = 'a { or \\ stands right before a variable; put a space between'
    return { ok: false, message }
  }
  const warnings = parsed.comments.map(
    (comment) =>
      `\`${comment.text}\` is a comment in Velocity, so no model sees it; keep it with \`template_type: text\`, or as \\#\\# …`,
  )
  return { ok: true, template, warnings }
}

/** Makes a text one that means nothing to a template: `template_type: text`. */
export function literalTemplate(text: string): string {
  return text.replaceAll('{{', '\\{{')
}

/** A piece of the answer: text as it is, or a tag of ours. */
type Chunk = { readonly literal: string } | { readonly tag: string }

interface Writer {
  readonly names: VelocityNames
  readonly chunks: Chunk[]
  error: VelocityError | null
}

/** A loop's variable, the innermost last: one round that is written out, or a loop of ours. */
interface Loop {
  readonly variable: string
  readonly round: ReadonlyMap<string, string> | null
}

function joinChunks(chunks: readonly Chunk[]): string | null {
  let template = ''
  let literal = ''
  for (const chunk of chunks) {
    if ('literal' in chunk) {
      literal += chunk.literal
      continue
    }
    if (/[{\\]$/.test(literal)) return null
    template += `${literalTemplate(literal)}{{${chunk.tag}}}`
    literal = ''
  }
  return template + literalTemplate(literal)
}

function writeParts(parts: readonly VelocityPart[], loops: readonly Loop[], writer: Writer): void {
  for (const part of parts) {
    if (writer.error !== null) return
    writePart(part, loops, writer)
  }
}

function writePart(part: VelocityPart, loops: readonly Loop[], writer: Writer): void {
  const { chunks } = writer
  switch (part.kind) {
    case 'text':
      chunks.push({ literal: part.text })
      return
    case 'reference': {
      const value = resolve(part.reference, loops, writer)
      if (value === null) return
      if ('literal' in value) chunks.push(value)
      else if (!part.reference.quiet) chunks.push({ tag: value.path })
      else chunks.push({ tag: `#if ${value.path}` }, { tag: value.path }, { tag: '/if' })
      return
    }
    case 'if': {
      for (const [index, branch] of part.branches.entries()) {
        const test = toTest(branch.test, loops, { writer, at: branch.at })
        chunks.push({ tag: `${index === 0 ? '#' : 'else '}if ${test}` })
        writeParts(branch.body, loops, writer)
      }
      if (part.otherwise !== null) {
        chunks.push({ tag: 'else' })
        writeParts(part.otherwise, loops, writer)
      }
      chunks.push({ tag: '/if' })
      return
    }
    case 'foreach':
      writeLoop(part, loops, writer)
  }
}

function writeLoop(
  part: Extract<VelocityPart, { kind: 'foreach' }>,
  loops: readonly Loop[],
  writer: Writer,
): void {
  const { variable, list, body } = part
  if (list.names.join('.') !== 'tools') {
    const value = resolve(list, loops, writer)
    if (value === null) return
    if ('literal' in value) {
      writer.error = { message: `$${list.names.join('.')} is no list`, at: part.at }
      return
    }
    writer.chunks.push({ tag: `#each ${value.path}` })
    writeParts(body, [...loops, { variable, round: null }], writer)
    writer.chunks.push({ tag: '/each' })
    return
  }
  const { tools } = writer.names
  // As Velocity does, the line of a directive that stands alone on it goes with it.
  const trimmed = withoutFirstBreak(body)
  for (const [index, tool] of tools.entries()) {
    const round = new Map([
      [`${variable}.name`, tool.name],
      [`${variable}.description`, tool.description],
      ['foreach.index', String(index)],
      ['foreach.count', String(index + 1)],
    ])
    writeParts(trimmed, [...loops, { variable, round }], writer)
  }
}

function withoutFirstBreak(parts: readonly VelocityPart[]): readonly VelocityPart[] {
  const [first, ...rest] = parts
  if (first?.kind !== 'text') return parts
  return [{ ...first, text: first.text.replace(/^[ \t]*\r?\n/, '') }, ...rest]
}

type Value = { readonly literal: string } | { readonly path: string }

const ROOTS: readonly string[] = ['$agent', '$currentDate', '$session', '$tools']

/** What a reference stands for; null (and an error) where it stands for nothing. */
function resolve(reference: Reference, loops: readonly Loop[], writer: Writer): Value | null {
  const { names, at } = reference
  const [root = '', ...rest] = names
  const path = names.join('.')
  const fail = (message: string): null => {
    writer.error ??= { message, at }
    return null
  }
  for (const { variable, round } of loops.toReversed()) {
    if (round === null) {
      if (root === variable)
        return innermost(loops, variable)
          ? { path: ['this', ...rest].join('.') }
          : fail(`$${path} is of an outer loop; only the innermost can be read`)
      if (path === 'foreach.index') return { path: '@index' }
      continue
    }
    const literal = round.get(path)
    if (literal !== undefined) return { literal }
    if (root === variable) {
      return fail(
        `a tool has no \`${rest.join('.')}\`; legal: $${variable}.name, $${variable}.description`,
      )
    }
  }
  if (path === 'currentDate') return { path: 'today' }
  if (root === 'session' && rest.length > 0) return { path }
  if (root === 'agent' && rest[0] === 'metadata' && rest.length > 1) return { path }
  if (root === 'agent') {
    const literal = writer.names.agent.get(rest.join('.'))
    if (literal !== undefined) return { literal }
    return fail(
      `$${path} is not known; ${legalNames(rest.join('.'), [...writer.names.agent.keys(), 'metadata.NAME'])}`,
    )
  }
  if (root === 'tools') {
    return fail(
      '$tools is a list: write #foreach($tool in $tools) ${tool.name}: ${tool.description} #end',
    )
  }
  if (root === 'session') return fail('name what of the session: $session.metadata.NAME')
  const legal = legalNames(`$${root}`, ROOTS)
  return fail(`there is no variable $${path}; ${legal}; \\$ is a literal $`)
}

function innermost(loops: readonly Loop[], variable: string): boolean {
  return loops.findLast(({ round }) => round === null)?.variable === variable
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['eq', '=='],
  ['ne', '!='],
  ['lt', '<'],
  ['le', '<='],
  ['gt', '>'],
  ['ge', '>='],
])

/** A condition of Velocity as a test of ours: references by bare names, the rest as it is. */
function toTest(
  text: string,
  loops: readonly Loop[],
  place: { readonly writer: Writer; readonly at: number },
): string {
  let test = ''
  for (let at = 0; at < text.length;) {
    const plain = /(?:"[^"]*"|'[^']*'|\b(?:eq|ne|lt|le|gt|ge)\b|[^$])/y
    plain.lastIndex = at
    const [word] = plain.exec(text) ?? []
    if (word !== undefined) {
      test += WORDS.get(word) ?? word
      at += word.length
      continue
    }
    const found = readReference(text, at)
    if (found === null || 'message' in found) {
      const message = found?.message ?? '$ stands alone'
      place.writer.error ??= { message, at: place.at }
      return test
    }
    const reference = { ...found.reference, at: place.at }
    const value = resolve(reference, loops, place.writer)
    if (value === null) return test
    test += 'path' in value ? value.path : JSON.stringify(value.literal)
    at = found.end
  }
  return test.trim()
}
