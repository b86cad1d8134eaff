import { askedNow } from '../../core/decide/slot/slots-ask.ts'
import type { Entry } from '../../core/log/event.ts'
import { focus, type State } from '../../core/log/state.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'
import type { Plan } from '../../core/spec/plan.ts'
import type { SecretFields } from '../../core/spec/secret-fields.ts'
import { callIn } from '../artifact/artifact-references.ts'
import type { Vault } from './vault.ts'

/*
 * What a user answers to slots (S4.33), as it may be kept: a slot is secret where the workflow's input
 * says so of the field of its name. The words are looked at as they will be read; where nobody can
 * tell which of them is the secret, all of them are (Law 17).
 */

interface Answering {
  readonly vault: Pick<Vault, 'hide'>
  readonly plan: Plan
  readonly state: State
}

type Answered = Extract<Entry, { readonly type: 'input.answered' }>

/** The answer with references in the place of what secret slots were given. */
export function hideSlotAnswer(entry: Answered, { vault, plan, state }: Answering): Answered {
  const fields = plan.secretInput?.fields ?? null
  if (fields === null) return entry
  const secret = new Map([...fields.properties].filter(([name]) => plan.slots.has(name)))
  if (secret.size === 0) return entry
  const own = focus(state, entry.branch ?? '')
  const asked = askedNow(plan, own, callIn(own, entry.call) ?? null).map(({ name }) => name)
  const hiding: Hiding = { vault, fields, secret, asked, slots: plan.slots }
  return { ...entry, input: hideGiven(entry.input, hiding) }
}

interface Hiding {
  readonly vault: Pick<Vault, 'hide'>
  readonly fields: SecretFields
  /** By slot. */
  readonly secret: ReadonlyMap<string, SecretFields>
  readonly asked: readonly string[]
  readonly slots: Plan['slots']
}

function hideGiven(given: Json, hiding: Hiding): Json {
  if (!isJsonObject(given)) return hideWords(given, hiding)
  const hidden = hideNamed(given, hiding)
  const members = Object.entries(hidden).map(([name, value]): [string, Json] => {
    if (hiding.secret.has(name)) return [name, value]
    if (name === 'slots' && isJsonObject(value)) return [name, hideNamed(value, hiding)]
    return [name, name === 'message' || name === 'answer' ? hideWords(value, hiding) : value]
  })
  return Object.fromEntries(members)
}

function hideNamed(named: JsonObject, { vault, fields }: Hiding): JsonObject {
  const hidden = vault.hide(named, fields)
  return isJsonObject(hidden) ? hidden : {}
}

/** Words without names are for the one slot that was asked for; else each line may name its own. */
function hideWords(words: Json, hiding: Hiding): Json {
  const { vault, secret, asked } = hiding
  const [only] = asked
  const field = asked.length === 1 ? secret.get(only ?? '') : undefined
  if (field !== undefined) return vault.hide(words, field)
  if (typeof words !== 'string') return words
  const named = parsed(words)
  if (named !== null) return JSON.stringify(hideNamed(named, hiding))
  const isAsked = asked.some((name) => secret.has(name))
  const lines = words.split('\n')
  // Which of such words would be the secret is for nobody to guess.
  if (isAsked && lines.some((line) => !isNamed(line, hiding))) return vault.hide(words, ALL)
  return lines.map((line) => hideLine(line, hiding)).join('\n')
}

const LINE = /^\s*([\w.-]+)\s*[:=]\s*(.*)$/

/** True for a line that says of which slot it is; an empty one says nothing. */
function isNamed(line: string, { slots }: Hiding): boolean {
  return line.trim() === '' || slots.has(LINE.exec(line)?.[1] ?? '')
}

/** `name: value` or `name=value` with its secret hidden. */
function hideLine(line: string, { vault, secret }: Hiding): string {
  const [, name = '', value = ''] = LINE.exec(line) ?? []
  const field = secret.get(name)
  const hidden = field === undefined ? null : vault.hide(value, field)
  return typeof hidden === 'string' ? `${name}: ${hidden}` : line
}

function parsed(words: string): JsonObject | null {
  if (!words.trimStart().startsWith('{')) return null
  try {
    const value: Json = JSON.parse(words)
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}

const ALL: SecretFields = { self: true, properties: new Map(), others: null, items: null }
