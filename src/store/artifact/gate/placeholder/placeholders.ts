import type { ArtifactSpec } from '../../../../core/spec/chain-spec.ts'
import { blankLines, emptyLabels, emptySections, writingLines } from './blanks.ts'
import { delimitedStubs } from './delimited.ts'
import { findingAt, MAX_FINDINGS, type Finding } from '../finding.ts'
import { folded } from '../reading/fold.ts'
import { saysSomething } from '../reading/outline.ts'
import type { PatternRunner } from '../patterns.ts'
import type { Reading } from '../reading/reading.ts'
import { runningStubs } from './running-stubs.ts'
import type { Stub } from './stub.ts'
import { viewOf, type View } from '../reading/view.ts'

/*
 * The first layer: what a stub is, whatever the artifact (S4.23, S4.26). In: a reading. Out: each
 * placeholder, where it stands in the text as it was written.
 */

/** Placeholders in a text, the built-in ones less `allow`, and those of `forbid`; at most 20, in order. */
export function placeholdersIn(
  reading: Reading,
  { spec, patterns }: { readonly spec: ArtifactSpec; readonly patterns: PatternRunner },
): readonly Finding[] {
  const blank = blankDocument(reading, spec)
  if (blank !== null) return [blank]
  const { words, lines, kind } = reading
  const code = kind === 'code'
  const allowed = exceptions(spec)
  const found = [
    ...located(delimitedStubs(words.text, { code }), { view: words, allowed }),
    ...located(runningStubs(words.text, { code }), { view: words, allowed }),
  ]
  if (!code) {
    found.push(
      ...located(blankLines(words.text), { view: words, allowed }),
      ...located(writingLines(words.text), { view: words, allowed }),
      ...located(emptySections(lines.text), { view: lines, allowed }),
    )
  }
  if (kind === 'markdown') {
    found.push(...located(emptyLabels(lines.text), { view: lines, allowed }))
  }
  const findings = inOrder(found)
    .slice(0, MAX_FINDINGS)
    .map(({ offset, message }) =>
      findingAt(reading.source, offset, { rule: 'placeholder', message }),
    )
  const forbidden = (spec.rules?.placeholders?.forbid ?? []).flatMap((pattern) =>
    patterns.forbidden(pattern, { rule: 'placeholder', says: 'is a placeholder here' }),
  )
  return [...findings, ...forbidden].slice(0, MAX_FINDINGS)
}

function blankDocument(reading: Reading, spec: ArtifactSpec): Finding | null {
  const message = 'the content is empty; write the document'
  const { kind, source, lines } = reading
  if (kind === 'json') {
    const isBare = /^\s*(?:null|"\s*"|\{\s*\})\s*$/u.test(source)
    return isBare && spec.rules?.schema === undefined ? { rule: 'empty', message } : null
  }
  if (
    kind === 'html' &&
    /<(?:img|svg|canvas|video|audio|iframe|object|input|form)\b/iu.test(source)
  ) {
    return null
  }
  const said = lines.text.replaceAll(/[<>|=~^`+\uE010\uE011]/gu, '')
  return saysSomething(lines.text) || /\p{S}/u.test(said) ? null : { rule: 'empty', message }
}

interface Located {
  readonly offset: number
  readonly end: number
  readonly message: string
}

function located(
  stubs: Iterable<Stub>,
  { view, allowed }: { readonly view: View; readonly allowed: readonly string[] },
): readonly Located[] {
  const found: Located[] = []
  for (const stub of stubs) {
    if (isAllowed(view.text, { stub, allowed })) continue
    found.push({ offset: view.at(stub.start), end: view.at(stub.end), message: stub.message })
    if (found.length >= MAX_FINDINGS) break
  }
  return found
}

function exceptions(spec: ArtifactSpec): readonly string[] {
  return (spec.rules?.placeholders?.allow ?? [])
    .map((text) => folded(viewOf(text)).text.toLowerCase().trim())
    .filter((text) => text !== '')
}

/** An exception has to cover what makes the stub one: `TODO list` does not excuse `[TODO: list]`. */
function isAllowed(
  text: string,
  { stub, allowed }: { readonly stub: Stub; readonly allowed: readonly string[] },
): boolean {
  const { start, end } = trimmed(text, stub.core ?? stub)
  return allowed.some((literal) => {
    const from = Math.max(0, end - literal.length)
    const around = text.slice(from, start + literal.length).toLowerCase()
    return literal.length >= end - start && around.includes(literal)
  })
}

function trimmed(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
): { readonly start: number; readonly end: number } {
  const inner = text.slice(start, end)
  const from = start + (inner.length - inner.trimStart().length)
  return { start: from, end: Math.max(from, start + inner.trimEnd().length) }
}

/** From the top, each place once. */
function inOrder(found: readonly Located[]): readonly Located[] {
  const kept: Located[] = []
  for (const each of found.toSorted((one, other) => one.offset - other.offset)) {
    if ((kept.at(-1)?.end ?? -1) <= each.offset) kept.push(each)
  }
  return kept
}
