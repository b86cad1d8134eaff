import type { ArtifactFinding, ChainEvent } from '../../core/log/event-chain.ts'
import type { Decision } from '../../core/log/decision.ts'
import type { EventOf } from '../../core/log/event.ts'
import { characters, shortTime, versionName } from './artifact-words.ts'
import type { CallView } from './call-lines.ts'
import { jsonText, oneLine } from './plain-text.ts'
import type { Screen } from './screen.ts'

/*
 * Decisions, slots and artifacts on the screen: what the gate and the verifier said of a version is
 * what its call came to, so the call's own result is not said as well.
 */

const FINDINGS = 5
const FINDING_LINES = 3
const FEEDBACK_LINES = 6
const VALUE_LINES = 3

/** Shows one event of the chain (seed 4). */
export function showChain(view: CallView, event: EventOf<ChainEvent['type']>): void {
  const { screen } = view
  switch (event.type) {
    case 'decision.rejected':
      return showFault(screen, { head: 'decision:', body: event.message })
    case 'decision.inferred':
      return showDecision(screen, event.decision)
    case 'confidence.doubted':
      return showDoubt(screen, event)
    case 'input.answered':
      return
    case 'slots.filled':
      return showFilled(screen, event)
    case 'slots.rejected':
      for (const { slot, message } of event.wrong) {
        showFault(screen, { head: `${oneLine(slot)}:`, body: message })
      }
      return
    case 'call.resolved':
      return showResolved(screen, event)
    case 'artifact.rejected':
      view.ended.add(event.call)
      return showRejected(screen, event)
    case 'artifact.stored':
      view.ended.add(event.call)
      return showStored(screen, event)
    case 'artifact.verified':
      return showVerified(screen, event)
  }
}

/** What a model decided, in one short line; its text and calls follow. */
export function showDecision(screen: Screen, decision: Decision): void {
  const { next_action: action, confidence, risk_level: risk, success_criteria_met: met } = decision
  const inferred = decision.source === 'inferred'
  const body = [
    inferred ? `${action}, inferred from the message` : `${action}, confidence ${confidence}`,
    ...(risk === 'low' ? [] : [`risk ${risk}`]),
    ...(met ? ['criteria met'] : []),
  ].join(', ')
  screen.entry({ indent: 2, mark: '◇', markColor: 'dim', body, bodyColor: 'dim' })
}

function showFault(screen: Screen, { head, body }: { head: string; body: string }): void {
  screen.entry({ indent: 2, mark: '✗', markColor: 'red', head, body: oneLine(body) })
}

function showDoubt(screen: Screen, { below, series }: EventOf<'confidence.doubted'>): void {
  const body = `under ${below} for ${series.length} decisions: ${series.join(', ')}`
  screen.entry({ indent: 2, mark: '?', markColor: 'yellow', head: 'confidence:', body })
}

const SOURCES = { input: '', user: ' (answered)', default: ' (by default)' } as const

function showFilled(screen: Screen, { values, source }: EventOf<'slots.filled'>): void {
  const each = Object.entries(values).map(
    ([name, value]) => `${oneLine(name)} = ${jsonText(value)}`,
  )
  screen.entry({
    indent: 2,
    mark: '▪',
    markColor: 'cyan',
    head: each.length === 1 ? 'slot' : 'slots',
    headColor: 'dim',
    body: `${each.join(', ')}${SOURCES[source]}`,
    maxLines: VALUE_LINES,
  })
}

function showResolved(screen: Screen, { args }: EventOf<'call.resolved'>): void {
  screen.entry({
    indent: 2,
    mark: '⇢',
    markColor: 'dim',
    head: 'resolved',
    headColor: 'dim',
    body: jsonText(args),
    bodyColor: 'dim',
    maxLines: VALUE_LINES,
  })
}

function showRejected(screen: Screen, event: EventOf<'artifact.rejected'>): void {
  const { artifact, reason, findings, message } = event
  const told = findings.length === 0 ? `: ${oneLine(message)}` : ''
  const body = `not stored (${reason})${told}`
  screen.entry({ indent: 2, mark: '✗', markColor: 'red', head: oneLine(artifact), body })
  for (const finding of findings.slice(0, FINDINGS)) {
    const body = findingText(finding)
    screen.entry({ indent: 4, mark: '·', markColor: 'red', body, maxLines: FINDING_LINES })
  }
  const more = findings.length - FINDINGS
  if (more > 0) screen.entry({ indent: 4, mark: '·', body: `and ${more} more`, bodyColor: 'dim' })
}

/** Where, what, and the words themselves: `3:1 a placeholder: [TODO: two achievements]`. */
function findingText({ line, column, message, excerpt }: ArtifactFinding): string {
  const where = line === undefined ? '' : `${line}:${column ?? 1} `
  const said = oneLine(message)
  const quoted = excerpt === undefined ? '' : oneLine(excerpt)
  const words = quoted === '' || said.includes(quoted) ? '' : `: ${quoted}`
  return `${where}${said}${words}`
}

function showStored(screen: Screen, event: EventOf<'artifact.stored'>): void {
  const { artifact, version, chars, media, published, expiresAt } = event
  const until = expiresAt === undefined ? [] : [`until ${shortTime(expiresAt)}`]
  const facts = [characters(chars), oneLine(media), ...until].join(', ')
  screen.entry({
    indent: 2,
    mark: '▣',
    markColor: published ? 'green' : 'yellow',
    head: versionName(artifact, version),
    body: `${published ? 'published' : 'stored, not published yet'}: ${facts}`,
  })
}

function showVerified(screen: Screen, event: EventOf<'artifact.verified'>): void {
  const { artifact, version, score, feedback, accepted } = event
  const [mark, markColor] = accepted ? (['✓', 'green'] as const) : (['✗', 'red'] as const)
  const verdict = `${score} of 10${accepted ? ', published' : ''}`
  const said = oneLine(feedback)
  screen.entry({
    indent: 2,
    mark,
    markColor,
    head: `${versionName(artifact, version)}:`,
    body: said === '' ? verdict : `${verdict}: ${said}`,
    maxLines: FEEDBACK_LINES,
  })
}
