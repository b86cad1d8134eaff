import type { Event } from '../../core/log/event.ts'
import type { ApprovalRequest } from '../../core/log/event-person.ts'
import { jsonText, oneLine, plainText } from './plain-text.ts'
import type { Screen } from './screen.ts'

const MAX_LINES = 6

/** Shows what a person was asked or said, and what came of it; nothing for any other event. */
export function showPerson(screen: Screen, event: Event): void {
  const say = (mark: string, color: 'green' | 'red' | 'yellow' | 'cyan', body: string): void =>
    screen.entry({ indent: 2, mark, markColor: color, body: oneLine(body), maxLines: MAX_LINES })
  switch (event.type) {
    case 'user.stated':
      return say('❯', 'cyan', `stated ${event.kind}: ${jsonText(event.facts)}`)
    case 'user.confirmed':
      return say('❯', 'cyan', `confirmed ${event.tool} ${jsonText(event.args)}`)
    case 'approval.requested':
      return showRequest(screen, event.request)
    case 'approval.granted': {
      const more = event.left === 0 ? '' : `; ${event.left} more needed`
      return say('✓', 'green', `approved by ${event.by}${because(event.reason)}${more}`)
    }
    case 'approval.refused':
      return say('✗', 'red', `the answer of ${event.by} does not count: ${event.reason}`)
    case 'approval.denied':
      return say('✗', 'yellow', `denied by ${event.by}${because(event.reason)}`)
    case 'approval.expired':
      return say('…', 'yellow', `${event.request} is not valid any more`)
    default:
      return
  }
}

function because(reason: string): string {
  return reason === '' ? '' : `: ${reason}`
}

/** Shows a request for an approval, and who said yes already: all that is needed to decide (S2.5). */
export function showRequest(
  screen: Screen,
  request: ApprovalRequest,
  { approvedBy = [] }: { readonly approvedBy?: readonly string[] } = {},
): void {
  const { id, about, args, gates, needs, expiresAt, confirm } = request
  const wants = needs.map(({ approvers, by }) =>
    by.length === 0 ? `${approvers} of anybody` : `${approvers} of ${by.join(' or ')}`,
  )
  const until = expiresAt === null ? '' : `, until ${new Date(expiresAt).toISOString()}`
  const also = confirm ? '; the user may confirm it as well' : ''
  screen.entry({ indent: 2, mark: '?', markColor: 'yellow', body: plainText(about) })
  const lines: readonly (readonly [string, string])[] = [
    ['args   ', jsonText(args)],
    ['gate   ', gates.join(', ')],
    ['needs  ', `${wants.join(', and ')}${until}${also}`],
    ...(approvedBy.length === 0 ? [] : [['yes of ', approvedBy.join(', ')] as const]),
    ['request', id],
  ]
  for (const [mark, body] of lines) {
    screen.entry({ indent: 4, mark, markColor: 'dim', body: oneLine(body), maxLines: MAX_LINES })
  }
}
