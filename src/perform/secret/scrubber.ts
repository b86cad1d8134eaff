/*
 * Finds secrets in texts: as they are, and as JSON, URLs and base64 write them. One pattern for all
 * of them, made anew when another becomes known.
 */

export interface Scrubber {
  /** The text with references in the place of secrets. */
  text(text: string): string
  /** The reference of a number that is a secret, as some tool may write it; null for any other. */
  number(value: number): string | null
  /** True when a JSON text may hold a secret; cheaper than looking at every text in it. */
  mayHold(json: string): boolean
  /** How long a secret may be as it is written; 0 when none is known. */
  readonly longest: number
}

/** A shorter one would be found in innocent words. */
const MIN_CHARS = 6
/** A shorter number may be an amount, which rules compare; this is how long card numbers are. */
const MIN_DIGITS = 12
/** What is a reference already is stepped over, whatever some secret looks like. */
const REFERENCE = 'secret:[A-Za-z0-9_-]{22}'

/**
 * Scrubs by `references`, by plain text: a map that its owner adds to and never takes from. Those
 * that `isPublic` says everybody knows are left alone.
 */
export function createScrubber(
  references: ReadonlyMap<string, string>,
  isPublic: (plain: string) => boolean = () => false,
): Scrubber {
  let size = 0
  let written = new Map<string, string>()
  let inTexts: RegExp | null = null
  let inJson: RegExp | null = null
  let longest = 0
  const catchUp = (): void => {
    if (size === references.size) return
    size = references.size
    written = new Map()
    for (const [plain, reference] of references) {
      if (plain.length < MIN_CHARS || isPublic(plain)) continue
      for (const form of formsOf(plain)) if (!written.has(form)) written.set(form, reference)
    }
    const forms = [...written.keys()]
    longest = Math.max(0, ...forms.map((form) => form.length))
    inTexts = patternOf(forms, `${REFERENCE}|`)
    inJson = patternOf([...forms, ...forms.map(escaped)], '')
  }
  return {
    text(text) {
      catchUp()
      if (inTexts === null) return text
      return text.replaceAll(inTexts, (found) => written.get(found) ?? found)
    },
    number(value) {
      catchUp()
      const digits = String(value)
      return digits.length < MIN_DIGITS ? null : (written.get(digits) ?? null)
    },
    mayHold(json) {
      catchUp()
      return inJson !== null && json.search(inJson) >= 0
    },
    get longest() {
      catchUp()
      return longest
    },
  }
}

/** Passes a stream of text on without its secrets; `flush` gives what was held back at its end. */
export function scrubStream(
  scrubber: Scrubber,
  pass: (text: string) => void,
): { readonly push: (delta: string) => void; readonly flush: () => void } {
  let held = ''
  const emit = (text: string): void => {
    if (text !== '') pass(text)
  }
  return {
    push(delta) {
      // What may still become a secret is held back.
      const text = scrubber.text(held + delta)
      const end = text.length - Math.max(0, scrubber.longest - 1)
      held = text.slice(Math.max(0, end))
      emit(text.slice(0, Math.max(0, end)))
    },
    flush() {
      emit(held)
      held = ''
    },
  }
}

function formsOf(plain: string): ReadonlySet<string> {
  const bytes = Buffer.from(plain, 'utf8')
  return new Set([
    plain,
    escaped(plain),
    encodeURIComponent(plain.toWellFormed()),
    // As forms and queries write it.
    new URLSearchParams([['', plain]]).toString().slice(1),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...withinBase64(bytes),
  ])
}

/** Shorter pieces of base64 would be found in innocent data. */
const MIN_BASE64 = 8

/**
 * What is the same wherever the secret stands in a longer text that is base64 (`user:password` of an
 * `Authorization` header): its own whole characters, for each of the three ways to begin.
 */
function withinBase64(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes])
    const from = Math.ceil((before * 8) / 6)
    const to = Math.floor((padded.length * 8) / 6)
    const pieces = [padded.toString('base64'), padded.toString('base64url')]
    return pieces.map((piece) => piece.slice(from, to)).filter((each) => each.length >= MIN_BASE64)
  })
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** Longer ones first, so that no secret hides a longer one. */
function patternOf(forms: readonly string[], before: string): RegExp | null {
  if (forms.length === 0) return null
  const longestFirst = [...new Set(forms)].toSorted((left, right) => right.length - left.length)
  const words = longestFirst.map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`))
  return new RegExp(before + words.join('|'), 'g')
}
