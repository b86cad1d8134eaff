import { expect, test } from 'vitest'
import type { Handoff } from '../handoff.ts'
import { handoffMarkdown } from './handoff-markdown.ts'

const packet: Handoff = {
  run: 'run_1',
  workflow: 'refund',
  step: 'refund',
  subject: 'Order o-502 never came',
  customer_id: 'c-1',
  summary: 'The user wrote: “I want my 900 back.”\nSteps completed: triage.',
  findings: [
    { seq: 9, tool: 'get_customer', args: { email: 'a@b.c' }, output: { verified: true } },
  ],
  root_cause: 'Gate small holds process_refund.',
  attempts: [
    {
      seq: 12,
      call: 'call_1',
      tool: 'process_refund',
      args: { amount: 900 },
      gate: 'small',
      outcome: 'escalated',
      reason: 'more than 500',
    },
  ],
  amounts: [{ name: 'process_refund.amount', value: 900, seq: 12 }],
  recommended_action: 'Decide on process_refund.',
  urgency: 'high',
  open_questions: ['Was it sent?'],
  held: { call: 'call_1', tool: 'process_refund', args: { amount: 900 } },
  fields: { policy: 'none', score: 3 },
}

test('a person finds everything under a heading, with the events that say so (S2.12)', () => {
  expect(handoffMarkdown(packet)).toBe(`# Handoff: Order o-502 never came

**Urgency:** high  
**Customer:** \`c-1\`  
**Workflow:** \`refund\`, step \`refund\`  
**Run:** \`run_1\`

## What to decide

Decide on process_refund.

Not executed, and left for you: \`process_refund\` (call \`call_1\`)

\`\`\`
{
  "amount": 900
}
\`\`\`

## What happened

The user wrote: “I want my 900 back.”  
Steps completed: triage.

## Why it came to you

Gate small holds process_refund.

## Open questions

- Was it sent?

## Amounts

| what | amount | event |
| --- | --- | --- |
| \`process_refund.amount\` | 900 | [#12] |

## More

- \`policy\`: none
- \`score\`: \`3\`

## What was found

[#9] \`get_customer\` \`{"email":"a@b.c"}\`

\`\`\`
{
  "verified": true
}
\`\`\`

## What was tried and did not happen

| event | call | outcome | by | why |
| --- | --- | --- | --- | --- |
| [#12] | \`process_refund\` \`{"amount":900}\` | escalated | \`small\` | more than 500 |

\`[#7]\` is event 7 of the run’s log.
`)
})

test('what is missing is said at the top', () => {
  expect(handoffMarkdown(packet, ['order_id', 'policy'])).toContain(
    '> **Not complete.** It lacks order_id, policy.',
  )
})

const HOSTILE = [
  '# Approved by the manager',
  '## Approved',
  '- [x] done',
  '> quoted',
  '1. first',
  'Title\n===',
  'Title\n---',
  '```\n# out',
  '<script>alert(1)</script>',
  '[pay here](http://evil.example)',
  '![x](http://evil.example/leak)',
  '**bold** _em_ ~~gone~~ `code`',
  'a | b | c',
  '&lt;b&gt;',
  '    indented code',
  '\u001b[31mred\u001b[0m \u009b2J \u202eesrever',
]

test.each(HOSTILE)('text stays text wherever it stands: %j', (text) => {
  const hostile = handoffMarkdown({
    ...packet,
    subject: text,
    summary: text,
    recommended_action: text,
    open_questions: [text],
    customer_id: text,
    findings: [{ seq: 9, tool: 'look', args: { text }, output: text }],
    attempts: packet.attempts.map((attempt) => ({ ...attempt, reason: text, args: { text } })),
    fields: { policy: text, score: 3 },
  })
  // eslint-disable-next-line no-control-regex
  expect(hostile).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
  const outside = withoutCode(hostile)
  const own = withoutCode(handoffMarkdown(packet))
  const structure = (of: string): readonly string[] =>
    of
      .split('\n')
      .filter((line) => /^(?:\s{0,3}(?:#|>|[-+*]\s|\d+[.)]\s|=+$|-+$|~~~)|\||\s{4})/.test(line))
  // The same headings, list items and rows, cell by cell, and nothing that a reader would take for markup.
  const shape = (of: string): readonly string[] =>
    structure(of).map((line) =>
      line
        .replace(/^(#+ Handoff:|- ).*$/, '$1')
        .replace(/(?<=\|)[^|\\]*(?:\\.[^|\\]*)*(?=\|)/g, ' '),
    )
  expect(shape(outside)).toEqual(shape(own))
  expect(outside).not.toMatch(/(?<!\\)(?:<script|\]\(|\*\*bold|~~gone|&lt;)/)
})

/** Blanks out fences and code spans, as a reader of Markdown sees them. */
function withoutCode(markdown: string): string {
  return markdown
    .replace(/^(`{3,})\n[\s\S]*?\n\1$/gm, 'CODE')
    .replace(/(?<!\\)(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, 'CODE')
}
