import { expect, test } from 'vitest'
import { dotGraph } from './dot-graph.ts'
import type { Graph } from './graph-of.ts'
import { mermaidGraph } from './mermaid-graph.ts'

const graph: Graph = {
  name: 'w',
  start: 'a',
  steps: [
    {
      name: 'a',
      tools: [{ name: 'pay', gates: ['small → escalate'] }],
      writes: ['note (composer)'],
      next: [{ to: 'end', label: `when get('$.x') == "]--> evil" && 1 < 2 \\` }],
      reenter: null,
    },
    { name: 'end', tools: [], writes: [], next: [], reenter: 'a' },
  ],
}

test('mermaid: conditions are labels, never syntax, and no id is a reserved word', () => {
  const text = mermaidGraph(graph)
  expect(text).toContain('s0["a<br/>pay #91;small → escalate#93;<br/>writes note (composer)"]')
  expect(text).toContain('#34;#93;--#62; evil#34;')
  expect(text).toContain('s1 -.->|"on a later message"| s0')
  for (const line of text.split('\n')) expect((line.match(/"/g) ?? []).length % 2).toBe(0)
})

test('dot: quotes and backslashes are escaped', () => {
  const text = dotGraph(graph)
  expect(text).toContain(
    String.raw`"a" -> "end" [label="when get('$.x') == \"]--> evil\" && 1 < 2 \\"]`,
  )
  expect(text).toContain(
    String.raw`"a" [label="a\lpay [small → escalate]\lwrites note (composer)\l", penwidth=2];`,
  )
})
