import { compileExpression, type Evaluator } from '../condition/condition-evaluate.ts'
import type { Expression } from '../condition/condition-expression.ts'
import { parseExpression } from '../condition/condition-parse.ts'
import type { TextError } from '../path/json-path.ts'
import { readTags, type Piece, type Tag } from './template-tag.ts'
import { findName, type Scopes } from './template-scope.ts'

/** A parsed template: literal text, values, and blocks with parts of their own. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly names: readonly string[]; readonly at: number }
  | {
      readonly kind: 'if'
      readonly branches: readonly Branch[]
      readonly otherwise: readonly Part[]
    }
  | EachPart

/** `{{#each path}}`: its body once per item. */
export interface EachPart {
  readonly kind: 'each'
  readonly names: readonly string[]
  readonly body: readonly Part[]
  readonly at: number
}

/** One `{{#if}}` or `{{else if}}` with what it guards. */
export interface Branch {
  readonly test: Evaluator<Scopes>
  readonly body: readonly Part[]
}

/** What parseTemplate answers; `variables` are the root names read, without those of loops. */
export type ParsedTemplate =
  | { readonly ok: true; readonly parts: readonly Part[]; readonly variables: ReadonlySet<string> }
  | { readonly ok: false; readonly error: TextError }

const MAX_DEPTH = 50
const LEGAL =
  '{{path}}, {{#if test}}, {{else if test}}, {{else}}, {{/if}}, {{#each list}}, {{/each}}'
const PATH = /^@?[\p{L}\p{N}_$-]+(?:\.[\p{L}\p{N}_$-]+)*$/u
const LOOP_NAMES: readonly string[] = ['this', '@index']

/** Where the parser is; after the first error it stands at the end. */
interface Reader {
  readonly pieces: readonly Piece[]
  readonly variables: Set<string>
  position: number
  depth: number
  loops: number
  error: TextError | null
}

/** Parses a template to parts; an error says what would be legal there. Blocks nest 50 deep. */
export function parseTemplate(text: string): ParsedTemplate {
  const read = readTags(text)
  if (!read.ok) return read
  const reader: Reader = {
    pieces: read.pieces,
    variables: new Set(),
    position: 0,
    depth: 0,
    loops: 0,
    error: null,
  }
  const parts = parseParts(reader)
  const extra = takeTag(reader)
  if (extra !== undefined) {
    fail(
      reader,
      `{{${extra.body}}} belongs to no block: open one with {{#if}} or {{#each}}`,
      extra.at,
    )
  }
  const { error, variables } = reader
  return error === null ? { ok: true, parts, variables } : { ok: false, error }
}

/** Reads parts up to a tag that ends or divides a block, which is left for the caller. */
function parseParts(reader: Reader): readonly Part[] {
  const parts: Part[] = []
  for (;;) {
    const piece = reader.pieces[reader.position]
    if (piece === undefined) return parts
    if (piece.kind === 'text') {
      parts.push(piece)
      reader.position++
      continue
    }
    if (piece.body.startsWith('/') || isElse(piece)) return parts
    reader.position++
    const part = parseTag(reader, piece)
    if (part !== null) parts.push(part)
  }
}

function parseTag(reader: Reader, tag: Tag): Part | null {
  const block = /^#\s*(if|each)(?:\s+|$)/.exec(tag.body)
  if (block !== null) {
    if (reader.depth >= MAX_DEPTH) {
      return fail(reader, `blocks nest at most ${MAX_DEPTH} deep`, tag.at)
    }
    reader.depth++
    const rest = { body: tag.body.slice(block[0].length), at: tag.at + block[0].length }
    const part = block[1] === 'if' ? parseIf(reader, tag, rest) : parseEach(reader, tag, rest)
    reader.depth--
    return part
  }
  const names = parseNames(reader, tag)
  return names === null ? null : { kind: 'value', names, at: tag.at }
}

/** The text after a tag's keyword, with its position. */
interface Rest {
  readonly body: string
  readonly at: number
}

function parseIf(reader: Reader, open: Tag, first: Rest): Part | null {
  const branches: Branch[] = []
  let rest: Rest | null = first
  while (rest !== null) {
    const test = parseTest(reader, rest)
    if (test === null) return null
    branches.push({ test, body: parseParts(reader) })
    const tag = takeTag(reader)
    if (tag === undefined) return fail(reader, '{{#if}} is not closed: write {{/if}}', open.at)
    if (isClose(tag, 'if')) return { kind: 'if', branches, otherwise: [] }
    const next = /^else(?:\s+if(?:\s+|$))?/.exec(tag.body)?.[0]
    if (next === undefined) return failClose(reader, tag, 'if')
    rest = next === 'else' ? null : { body: tag.body.slice(next.length), at: tag.at + next.length }
    if (rest === null && tag.body !== 'else') {
      return fail(reader, `unknown tag {{${tag.body}}}: write {{else}} or {{else if test}}`, tag.at)
    }
  }
  const otherwise = parseParts(reader)
  const tag = takeTag(reader)
  if (tag === undefined) return fail(reader, '{{#if}} is not closed: write {{/if}}', open.at)
  if (isClose(tag, 'if')) return { kind: 'if', branches, otherwise }
  if (isElse(tag)) return fail(reader, '{{else}} comes last and once: write {{/if}} here', tag.at)
  return failClose(reader, tag, 'if')
}

function parseTest(reader: Reader, { body, at }: Rest): Evaluator<Scopes> | null {
  const parsed = parseExpression(body, { data: 'names' })
  if (!parsed.ok) return fail(reader, parsed.error.message, at + parsed.error.at)
  if (!useAll(reader, parsed.expression, at)) return null
  return compileExpression<Scopes>(parsed.expression, {
    read: (leaf) => {
      if (leaf.kind === 'get') return () => undefined
      const { names } = leaf
      return (scopes) => findName(scopes, names)
    },
  })
}

function parseEach(reader: Reader, open: Tag, list: Rest): Part | null {
  const names = parseNames(reader, list)
  if (names === null) return null
  reader.loops++
  const body = parseParts(reader)
  reader.loops--
  const tag = takeTag(reader)
  if (tag === undefined) return fail(reader, '{{#each}} is not closed: write {{/each}}', open.at)
  if (isElse(tag)) return fail(reader, '{{#each}} has no {{else}}: write {{#if}} around it', tag.at)
  if (!isClose(tag, 'each')) return failClose(reader, tag, 'each')
  return { kind: 'each', names, body, at: list.at }
}

function parseNames(reader: Reader, { body, at }: Rest): readonly string[] | null {
  if (!PATH.test(body)) {
    const what = body === '' ? 'a tag is empty' : `unknown tag {{${shorten(body)}}}`
    return fail(reader, `${what}: legal are ${LEGAL}; write \\{{ for a literal {{`, at)
  }
  const names = body.split('.')
  return use(reader, names, at) ? names : null
}

/** Notes what is read; false (and an error) for a loop's name outside of a loop. */
function use(reader: Reader, names: readonly string[], at: number): boolean {
  const [root = ''] = names
  if (root.startsWith('@') && root !== '@index') {
    fail(reader, `unknown name ${root}: in {{#each}} there are this and @index`, at)
    return false
  }
  if (LOOP_NAMES.includes(root)) {
    if (reader.loops === 0) fail(reader, `${root} is only known inside {{#each}}`, at)
    return reader.loops > 0
  }
  reader.variables.add(root)
  return true
}

function useAll(reader: Reader, expression: Expression, at: number): boolean {
  switch (expression.kind) {
    case 'literal':
    case 'get':
    case 'binder':
      return true
    case 'name':
      return use(reader, expression.names, at + expression.at)
    case 'not':
    case 'negate':
    case 'truthy':
      return useAll(reader, expression.operand, at)
    case 'list':
      return expression.items.every((item) => useAll(reader, item, at))
    case 'call':
      return expression.args.every((item) => useAll(reader, item, at))
    case 'binary':
      return useAll(reader, expression.left, at) && useAll(reader, expression.right, at)
    case 'if':
      return [expression.test, expression.consequent, expression.alternative].every((item) =>
        useAll(reader, item, at),
      )
  }
  return expression satisfies never
}

function takeTag(reader: Reader): Tag | undefined {
  const piece = reader.pieces[reader.position]
  reader.position++
  return piece?.kind === 'tag' ? piece : undefined
}

function isElse(tag: Tag): boolean {
  return /^else(?:\s|$)/.test(tag.body)
}

function isClose(tag: Tag, block: 'if' | 'each'): boolean {
  return tag.body.replace(/^\/\s*/, '/') === `/${block}`
}

function failClose(reader: Reader, tag: Tag, block: 'if' | 'each'): null {
  return fail(
    reader,
    `{{${shorten(tag.body)}}} does not close {{#${block}}}: write {{/${block}}}`,
    tag.at,
  )
}

function fail(reader: Reader, message: string, at: number): null {
  reader.error ??= { message, at }
  reader.position = reader.pieces.length
  return null
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
