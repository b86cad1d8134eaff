import { createHash } from 'node:crypto'
import type { ArtifactSpec } from '../../../core/spec/chain-spec.ts'
import type { Finding, RejectionReason } from './finding.ts'
import { codePoints } from './rule/length.ts'
import { createPatternRunner } from './patterns.ts'
import { placeholdersIn } from './placeholder/placeholders.ts'
import { qualityFindings } from './rule/quality.ts'
import { kindOf, readText } from './reading/reading.ts'
import { directiveFindings } from './rule/rules.ts'

/*
 * The gate before the artifact store. In: a text and the spec of its artifact. Out: a GatedArtifact,
 * which nothing else makes and without which nothing is stored; or the findings of the first layer
 * that fails, in the order placeholders, rules, quality (S4.19, S4.20).
 */

export type { Finding, RejectionReason } from './finding.ts'

/** Why nothing is stored: the first layer that failed, and all that it found, at most 20. */
export interface Rejection {
  readonly reason: RejectionReason
  readonly findings: readonly Finding[]
}

/** A text as it is stored. */
export interface Content {
  readonly name: string
  /** Media type. */
  readonly type: string
  readonly text: string
  /** Unicode code points. */
  readonly chars: number
  /** UTF-8. */
  readonly bytes: number
  /** `sha256:` and the hex digest of the UTF-8 bytes. */
  readonly digest: string
}

// Only this module knows it, so only gateArtifact makes a GatedArtifact.
const key = Symbol('gate')

/** Content that passed its gate. Frozen; nothing outside this module can make one (S4.19, Law 1). */
export class GatedArtifact implements Content {
  readonly #passed = true
  readonly name: string
  readonly type: string
  readonly text: string
  readonly chars: number
  readonly bytes: number
  readonly digest: string

  /** Throws a TypeError for everybody but the gate. */
  constructor(token: symbol, content: Content) {
    if (token !== key || new.target !== GatedArtifact) {
      throw new TypeError('only gateArtifact makes a GatedArtifact: hand it the text')
    }
    this.name = content.name
    this.type = content.type
    this.text = content.text
    this.chars = content.chars
    this.bytes = content.bytes
    this.digest = content.digest
    Object.freeze(this)
  }

  /** True only for what the gate made, whatever a value's prototype or fields say. */
  static is(value: unknown): value is GatedArtifact {
    return typeof value === 'object' && value !== null && #passed in value && value.#passed
  }
}

// Nobody puts another `is` in its place.
Object.freeze(GatedArtifact)

/** What became of a text at the gate. */
export type Gated =
  | { readonly ok: true; readonly artifact: GatedArtifact }
  | { readonly ok: false; readonly rejection: Rejection }

/** What is gated, and against which spec. */
export interface GateOptions {
  readonly name: string
  /** `{}` for an artifact that nobody declared: placeholders still count (S4.23). */
  readonly spec: ArtifactSpec
  /** Media type; that of the spec, its format, or of what the text looks like when left out. */
  readonly type?: string
}

/**
 * Lets a text through or says why not. Total and the same every time, but for patterns of authors
 * that do not finish in their second; those refuse (Law 4). Blocks for that second at most.
 */
export function gateArtifact(text: string, options: GateOptions): Gated {
  const { spec } = options
  const rejection = readable(text, options)
  if (rejection !== null) return { ok: false, rejection }
  const kind = kindOf(text, { spec, type: options.type })
  const content: Content = {
    name: options.name,
    type: options.type ?? spec.type ?? typeOf(spec, kind),
    text,
    chars: codePoints(text),
    bytes: Buffer.byteLength(text, 'utf8'),
    digest: `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`,
  }
  return { ok: true, artifact: new GatedArtifact(key, content) }
}

/**
 * What no document holds, like millions of one letter in a row, can be more than an expression's stack
 * takes. Such a text was not looked at, so it is not let through (Law 4).
 */
function readable(text: string, options: GateOptions): Rejection | null {
  try {
    return rejectionOf(text, options)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const message =
      'the text holds so long a run of like characters that it cannot be checked; break it up or leave it out'
    return { reason: 'placeholder', findings: [{ rule: 'unreadable', message }] }
  }
}

function rejectionOf(text: string, { spec, type }: GateOptions): Rejection | null {
  const reading = readText(text, kindOf(text, { spec, type }))
  const patterns = createPatternRunner(text)
  const layers: readonly (readonly [RejectionReason, () => readonly Finding[]])[] = [
    ['placeholder', () => placeholdersIn(reading, { spec, patterns })],
    ['directive', () => directiveFindings(reading, { rules: spec.rules ?? {}, patterns })],
    ['qa_policy', () => qualityFindings(reading, { quality: spec.quality ?? {}, patterns })],
  ]
  for (const [reason, look] of layers) {
    const findings = look()
    if (findings.length > 0) return { reason, findings }
  }
  return null
}

const TYPES = {
  json: 'application/json',
  html: 'text/html',
  markdown: 'text/markdown',
  text: 'text/plain',
  code: 'text/plain',
} as const

function typeOf(spec: ArtifactSpec, kind: keyof typeof TYPES): string {
  return TYPES[spec.rules?.format ?? kind]
}
