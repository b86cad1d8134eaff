import type { ArtifactRules } from '../../../../core/spec/chain-spec.ts'
import type { Json } from '../../../../core/spec/json.ts'
import { compileSchema } from '../../../../core/spec/json-schema.ts'
import { messageOf } from '../../../../core/spec/message-of.ts'
import { fencesIn } from '../reading/code.ts'
import { findingAt, MAX_FINDINGS, type Finding } from '../finding.ts'
import { htmlFindings } from './html-format.ts'

/*
 * Whether a text is what its format says: JSON that parses and fits its schema, HTML whose tags close,
 * Markdown whose fences close, text without control characters.
 */

/** What is wrong with a text in the format that its rules ask for. */
export function formatFindings(text: string, rules: ArtifactRules): readonly Finding[] {
  if (!text.isWellFormed()) {
    const at = text.search(/\p{Surrogate}/u)
    const message = 'half a character (an unpaired surrogate) cannot be stored; write it whole'
    return [findingAt(text, at, { rule: 'format', message })]
  }
  switch (rules.format) {
    case 'json':
      return jsonFindings(text, rules)
    case 'html':
      return htmlFindings(text)
    case 'markdown':
      return [...markdownFindings(text), ...controlFindings(text)]
    case 'text':
      return controlFindings(text)
    default:
      return []
  }
}

function jsonFindings(text: string, { schema }: ArtifactRules): readonly Finding[] {
  let value: Json
  try {
    value = JSON.parse(text)
  } catch (error) {
    return [notJson(text, messageOf(error))]
  }
  if (schema === undefined) return []
  const compiled = compileSchema(schema)
  const wrong = compiled.ok ? compiled.check(value) : `cannot be checked: ${compiled.message}`
  if (wrong === null) return []
  return wrong
    .split('; ')
    .slice(0, MAX_FINDINGS)
    .map((each) => ({ rule: 'schema', message: `the JSON does not fit its schema: ${each}` }))
}

function notJson(text: string, message: string): Finding {
  const fence = /^\s*```/u.test(text)
  const said = fence
    ? 'a Markdown code fence stands around the JSON; hand in the JSON alone'
    : `the text is no JSON: ${message.replace(/ in JSON at position.*$/su, '').slice(0, 120)}; accepted is one JSON value and nothing else`
  const place = /at position (\d+)/u.exec(message)?.[1]
  const at = fence ? 0 : place === undefined ? text.trimEnd().length : Number(place)
  return findingAt(text, at, { rule: 'format', message: said })
}

function markdownFindings(text: string): readonly Finding[] {
  const lined = text.replaceAll('\r\n', '\n')
  const found = fencesIn(lined)
  const findings: Finding[] = []
  if (found.open !== null) {
    const message =
      'a code fence is opened and never closed; close it with the same marks on a line of their own'
    findings.push(findingAt(lined, found.open, { rule: 'format', message }))
  }
  const [only] = found.fences
  if (
    only !== undefined &&
    /^(?:markdown|md)$/u.test(only.language) &&
    lined.slice(0, only.start).trim() === '' &&
    lined.slice(only.end).trim() === ''
  ) {
    const message = 'a code fence stands around the whole document; hand in the Markdown alone'
    findings.push(findingAt(lined, only.start, { rule: 'format', message }))
  }
  return findings
}

const CONTROL = /[^\P{Cc}\t\n\r\f]/u

function controlFindings(text: string): readonly Finding[] {
  const at = text.search(CONTROL)
  if (at < 0) return []
  const code = (text.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  const message = `the control character U+${code} is no text; leave it out`
  return [findingAt(text, at, { rule: 'format', message })]
}
