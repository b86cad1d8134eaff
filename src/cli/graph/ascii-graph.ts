import { oneLine } from '../display/plain-text.ts'
import type { Screen } from '../display/screen.ts'
import type { Graph, GraphStep } from './graph-of.ts'

/** Draws a graph as text: each step, its tools with their gates, and where it leads to. */
export function asciiGraph(graph: Graph, screen: Screen): void {
  screen.entry({ indent: 0, mark: '▶', markColor: 'cyan', head: graph.name, headColor: 'bold' })
  for (const step of graph.steps) {
    screen.line()
    drawStep(step, { graph, screen })
  }
}

function drawStep(
  step: GraphStep,
  place: { readonly graph: Graph; readonly screen: Screen },
): void {
  const { graph, screen } = place
  screen.entry({
    indent: 0,
    mark: '●',
    markColor: 'cyan',
    head: step.name,
    headColor: 'bold',
    ...(step.name === graph.start ? { body: 'start', bodyColor: 'dim' } : {}),
  })
  for (const tool of step.tools) {
    const body = tool.gates.length === 0 ? '' : `gates: ${tool.gates.join(', ')}`
    screen.entry({ indent: 2, mark: '·', head: tool.name, body, bodyColor: 'yellow' })
  }
  for (const name of step.writes) {
    screen.entry({ indent: 2, mark: '▣', head: 'writes', headColor: 'dim', body: name })
  }
  for (const edge of step.next) {
    const body = oneLine(edge.label)
    screen.entry({ indent: 2, mark: '→', markColor: 'cyan', head: edge.to, body, bodyColor: 'dim' })
  }
  if (step.next.length === 0) screen.entry({ indent: 2, mark: '■', body: 'end', bodyColor: 'dim' })
  if (step.reenter !== null) {
    screen.entry({ indent: 2, mark: '↺', head: step.reenter, body: 'on a later message' })
  }
}
