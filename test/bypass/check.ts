import type { GateCheck } from '../../src/index.ts'
import type { Attack } from './attack.ts'

/** What code without types may answer is read from JSON here. */
const ANSWERS: Readonly<Record<NonNullable<Attack['check']>, () => ReturnType<GateCheck>>> = {
  throws: () => {
    throw new Error('the policy server is down')
  },
  rejects: () => Promise.reject(new Error('the policy server is down')),
  text: () => JSON.parse('"true"'),
  nothing: () => JSON.parse('null'),
  never: () => new Promise(() => {}),
  object: () => JSON.parse('{"allowed":true}'),
  one: () => JSON.parse('1'),
  changes: () => false,
}

/** The function of gate `policy`: an honest one, or one that misbehaves as code can. */
export function checkOf(kind: Attack['check']): GateCheck {
  if (kind === undefined) return ({ args }) => Reflect.get(Object(args), 'who') === 'ana'
  return (context) => {
    if (kind === 'changes') {
      // It tries to write its own facts.
      Object.assign(context.tools, { forged: true })
      Object.assign(Object(context.args), { who: 'ana' })
    }
    return ANSWERS[kind]()
  }
}
