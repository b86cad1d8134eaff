import type { Graph, GraphStep } from './graph-of.ts'

/** Draws a graph in Graphviz' DOT language. */
export function dotGraph(graph: Graph): string {
  const nodes = graph.steps.map((step) => {
    const style = step.name === graph.start ? ', penwidth=2' : ''
    return `  ${quoted(step.name)} [label=${nodeLabel(step)}${style}];`
  })
  const edges = graph.steps.flatMap((step) => [
    ...step.next.map((edge) => {
      const label = edge.label === '' ? '' : ` [label=${quoted(edge.label)}]`
      return `  ${quoted(step.name)} -> ${quoted(edge.to)}${label};`
    }),
    ...(step.reenter === null
      ? []
      : [
          `  ${quoted(step.name)} -> ${quoted(step.reenter)} [style=dashed, label="on a later message"];`,
        ]),
  ])
  return [
    `digraph ${quoted(graph.name)} {`,
    '  rankdir=TB;',
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    ...nodes,
    ...edges,
    '}',
    '',
  ].join('\n')
}

/** One line per tool, set to the left. */
function nodeLabel(step: GraphStep): string {
  const tools = step.tools.map(({ name, gates }) =>
    gates.length === 0 ? name : `${name} [${gates.join(', ')}]`,
  )
  const writes = step.writes.map((name) => `writes ${name}`)
  if (tools.length + writes.length === 0) return quoted(step.name)
  const lines = [step.name, ...tools, ...writes].map((line) => String.raw`${escaped(line)}\l`)
  return `"${lines.join('')}"`
}

function quoted(text: string): string {
  return `"${escaped(text)}"`
}

function escaped(text: string): string {
  return text.replace(/[\\"]/g, (mark) => `\\${mark}`).replace(/\s+/g, ' ')
}
