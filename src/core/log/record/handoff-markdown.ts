import type { Json } from '../../spec/json.ts'
import type { Attempt, Finding, Handoff } from '../handoff.ts'

/*
 * A packet as Markdown, for a person who has no transcript (S2.12). Everything in it may come from a
 * model, a tool or a user: it is escaped or fenced, so that it cannot pass for a heading, a link or
 * a word of ours, and it carries no control characters (Law 16).
 */

/** Writes a packet as Markdown; `missing` is what it lacks. */
export function handoffMarkdown(packet: Handoff, missing: readonly string[] = []): string {
  const { customer_id: customer, fields } = packet
  const parts = [
    `# Handoff: ${inline(packet.subject)}`,
    [
      `**Urgency:** ${packet.urgency}`,
      `**Customer:** ${customer === null ? 'not known' : code(customer)}`,
      `**Workflow:** ${code(packet.workflow)}, step ${code(packet.step === '' ? '-' : packet.step)}`,
      `**Run:** ${code(packet.run)}`,
    ].join('  \n'),
    ...(missing.length === 0
      ? []
      : [`> **Not complete.** It lacks ${inline(missing.join(', '))}.`]),
    section('What to decide', decision(packet)),
    section('What happened', prose(packet.summary)),
    section('Why it came to you', prose(packet.root_cause)),
    section('Open questions', packet.open_questions.map((each) => `- ${inline(each)}`).join('\n')),
    section('Amounts', amounts(packet)),
    section('More', Object.entries(fields).map(field).join('\n')),
    section(
      'What was found',
      packet.findings.map(finding).join('\n\n') || 'Nothing was found out.',
    ),
    section('What was tried and did not happen', attempts(packet.attempts)),
    '`[#7]` is event 7 of the run’s log.',
  ]
  return `${parts.filter((each) => each !== '').join('\n\n')}\n`
}

function section(title: string, body: string): string {
  return body === '' ? '' : `## ${title}\n\n${body}`
}

function decision({ recommended_action: action, held }: Handoff): string {
  if (held === null) return prose(action)
  const waits = `Not executed, and left for you: ${code(held.tool)} (call ${code(held.call)})`
  return [prose(action), waits, fence(JSON.stringify(held.args, null, 2))].join('\n\n')
}

function amounts({ amounts: list }: Handoff): string {
  if (list.length === 0) return ''
  const rows = list.map(({ name, value, seq }) => [code(name), `${value}`, place(seq)])
  return table([['what', 'amount', 'event'], ...rows])
}

function field([name, value]: readonly [string, Json]): string {
  return `- ${code(name)}: ${typeof value === 'string' ? inline(value) : code(JSON.stringify(value))}`
}

function finding({ seq, tool, args, output }: Finding): string {
  const text = typeof output === 'string' ? output : JSON.stringify(output, null, 2)
  const head = `${place(seq)} ${code(tool)} ${code(JSON.stringify(args))}`
  return `${head}\n\n${fence(text)}`
}

function attempts(list: readonly Attempt[]): string {
  if (list.length === 0) return 'Nothing was refused, and nothing failed.'
  const rows = list.map(({ seq, tool, args, outcome, gate, reason }) => [
    place(seq),
    `${code(tool)} ${code(JSON.stringify(args))}`,
    outcome,
    code(gate),
    inline(reason),
  ])
  return table([['event', 'call', 'outcome', 'by', 'why'], ...rows])
}

function place(seq: number | null): string {
  return seq === null ? '' : `[#${seq}]`
}

function table(rows: readonly (readonly string[])[]): string {
  const [head = '', ...rest] = rows.map((cells) => `| ${cells.map(cell).join(' | ')} |`)
  const rule = `|${' --- |'.repeat(rows[0]?.length ?? 0)}`
  return [head, rule, ...rest].join('\n')
}

/** A cell holds one line; a bar would end it, also inside code. */
function cell(text: string): string {
  return text.replace(/(?<!\\)((?:\\\\)*)\|/g, '$1\\|')
}

const STEERING = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\ufeff]/gu

/** Drops what steers a terminal or a reader's eye; keeps line breaks. */
function plain(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|\u2028|\u2029/g, '\n')
    .replace(STEERING, (mark) => (mark === '\n' ? '\n' : mark === '\t' ? ' ' : ''))
}

/** Text inside a line, with every mark that means something in Markdown taken as itself. */
function inline(text: string): string {
  return escapeLine(plain(text).replace(/\s+/g, ' '))
}

/** Paragraphs: each line is text, whatever it begins with. */
function prose(text: string): string {
  const lines = plain(text).split('\n')
  return lines
    .map(escapeLine)
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/(?<=[^\n])\n(?=[^\n])/g, '  \n')
}

/** A line that begins no heading, list, quote or rule. */
function escapeLine(line: string): string {
  const text = escapeMarks(line.trim())
  return text.replace(/^[#>+=[-]/, '\\$&').replace(/^(\d+)(?=[.)])/, '$1\\')
}

/** A `_` inside a word, a `]` before no link and a `<` before no tag mean nothing, and stay readable. */
function escapeMarks(text: string): string {
  return text
    .replace(/[\\`*|&~]|<(?=[a-z/!?])|\](?=[([:])/gi, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
}

/** A code span on one line, in more backticks than it holds. */
function code(text: string): string {
  const line = plain(text).replace(/\s+/g, ' ').trim()
  const ticks = '`'.repeat(longestRun(line) + 1)
  const pad = line.startsWith('`') || line.endsWith('`') || line === '' ? ' ' : ''
  return `${ticks}${pad}${line}${pad}${ticks}`
}

/** A block that nothing inside it can end. */
function fence(text: string): string {
  const body = plain(text)
  const ticks = '`'.repeat(Math.max(3, longestRun(body) + 1))
  return `${ticks}\n${body}\n${ticks}`
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0)
}
