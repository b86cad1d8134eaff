import type { Graph, GraphStep } from './graph-of.ts'

/** Draws a graph as a Mermaid flowchart; whatever an author wrote is text in it, never syntax. */
export function mermaidGraph(graph: Graph): string {
  const ids = new Map(graph.steps.map((step, index) => [step.name, `s${index}`]))
  const id = (step: string): string => ids.get(step) ?? 's'
  const nodes = graph.steps.map((step) => `  ${id(step.name)}["${nodeLabel(step)}"]`)
  const edges = graph.steps.flatMap((step) => [
    ...step.next.map((edge) => {
      const label = edge.label === '' ? '' : `|"${escaped(edge.label)}"|`
      return `  ${id(step.name)} -->${label} ${id(edge.to)}`
    }),
    ...(step.reenter === null
      ? []
      : [`  ${id(step.name)} -.->|"on a later message"| ${id(step.reenter)}`]),
  ])
  const start = `  start(("${escaped(graph.name)}")) --> ${id(graph.start)}`
  return ['flowchart TD', start, ...nodes, ...edges, ''].join('\n')
}

function nodeLabel(step: GraphStep): string {
  const tools = step.tools.map(({ name, gates }) =>
    gates.length === 0 ? name : `${name} [${gates.join(', ')}]`,
  )
  const writes = step.writes.map((name) => `writes ${name}`)
  return [step.name, ...tools, ...writes].map(escaped).join('<br/>')
}

/** Mermaid reads entities in quoted labels; the number form covers every mark. */
function escaped(text: string): string {
  return text.replace(/[^\p{L}\p{N} _.,:=()→-]/gu, (mark) => `#${mark.codePointAt(0)};`)
}
