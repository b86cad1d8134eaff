import type { Event } from '../event.ts'
import { allowed, because, refused, type Line } from './ledger-line.ts'

const SOURCES = {
  input: 'taken from the input',
  user: 'the user answered',
  default: 'the default',
} as const

/** What the gate in the artifact store and the verifiers concluded, and what slots took (S4.20, S4.8). */
export function chainLine(event: Event): Line | null {
  switch (event.type) {
    case 'artifact.rejected': {
      const { call, reason, message } = event
      return { ...refused(reason, message), call }
    }
    case 'artifact.stored': {
      const { call, artifact, version, chars, published } = event
      const as = published ? 'published' : 'stored, not published yet'
      const what = `${artifact} version ${version} of ${chars} characters passed its gate: ${as}`
      return { ...allowed('artifact', what), call }
    }
    case 'artifact.verified': {
      const { call, artifact, version, score, feedback, accepted } = event
      const what = because(`${artifact} version ${version}: ${score} of 10`, feedback)
      return { ...(accepted ? allowed('verifier', what) : refused('verifier', what)), call }
    }
    case 'decision.rejected':
      return refused('decision', event.message)
    case 'decision.inferred':
      return allowed('decision', `inferred from the message: ${event.decision.next_action}`)
    case 'slots.filled': {
      const names = Object.keys(event.values).join(', ')
      const { call = null, source } = event
      const by = source === 'user' ? { by: 'user' } : {}
      return names === ''
        ? null
        : { ...allowed('slots', `${names}: ${SOURCES[source]}`), call, ...by }
    }
    case 'slots.rejected': {
      const wrong = event.wrong.map(({ slot, message }) => `${slot}: ${message}`)
      return refused('slots', wrong.join('; '))
    }
    default:
      return null
  }
}
