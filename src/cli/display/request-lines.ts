import type { MindRequest } from '../../core/decide/mind-request.ts'
import type { Message } from '../../core/log/message.ts'
import type { PlanStep } from '../../core/spec/plan.ts'
import { jsonText, oneLine, plainText } from './plain-text.ts'
import type { Screen } from './screen.ts'

/** What may be called at that place: an envelope names its tool, and so has its legal tools in its schema. */
interface At {
  readonly step: PlanStep
  readonly legal: readonly string[]
}

/** Shows a request as it is sent, and the tools of the step that are not legal yet (S4.11). */
export function showRequest(screen: Screen, request: MindRequest, at: At): void {
  const facts: readonly (readonly [string, string])[] = [
    ['step', request.step],
    ['role', request.role],
    ['model', request.model ?? 'none named'],
    ['scope', request.scope],
    ['tool choice', typeof request.choose === 'string' ? request.choose : request.choose.tool],
    ['legal now', at.legal.length === 0 ? 'no tools' : at.legal.join(', ')],
  ]
  for (const [mark, body] of facts) {
    screen.entry({ indent: 0, mark: mark.padEnd(11), markColor: 'dim', body: oneLine(body) })
  }
  const { settings } = request
  if (Object.keys(settings).length > 0) {
    const body = oneLine(JSON.stringify(settings))
    screen.entry({ indent: 0, mark: 'settings   ', markColor: 'dim', body })
  }
  if (request.system !== null) showPart(screen, 'system', request.system)
  for (const message of request.messages) showMessage(screen, message)
  for (const tool of request.tools) {
    showPart(screen, `tool ${tool.name}`, `${tool.about}\n${JSON.stringify(tool.input)}`)
  }
  if (request.output !== null) {
    showPart(screen, 'output schema', JSON.stringify(request.output, null, 2))
  }
  showClosed(screen, request, at)
}

/** Tools of the step that its gates, slots or budgets keep from the model until more has happened. */
function showClosed(screen: Screen, { role }: MindRequest, { step, legal }: At): void {
  const closed = role === 'planner' ? step.tools.filter((name) => !legal.includes(name)) : []
  if (closed.length > 0) showPart(screen, 'not legal yet', closed.join(', '))
}

function showPart(screen: Screen, title: string, text: string): void {
  screen.line()
  screen.line(screen.paint(`── ${oneLine(title)} `, 'cyan'))
  // As it is sent, not wrapped: a wrapped prompt would look like another one.
  screen.line(plainText(text).trimEnd())
}

function showMessage(screen: Screen, message: Message): void {
  switch (message.role) {
    case 'user':
      return showPart(screen, 'user', message.text)
    case 'assistant': {
      const texts = message.parts.map((part) =>
        part.type === 'call' ? `${part.tool} ${jsonText(part.args)}` : part.text,
      )
      return showPart(screen, 'assistant', texts.join('\n'))
    }
    case 'tool':
      return showPart(
        screen,
        'tool results',
        message.results.map(({ tool, result }) => `${tool} ${JSON.stringify(result)}`).join('\n'),
      )
  }
}
