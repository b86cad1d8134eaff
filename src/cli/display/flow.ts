import { plainText, splitAt, widthOf } from './plain-text.ts'

/** Text that is wrapped as it arrives. */
export interface Flow {
  push(text: string): void
  /** Writes what is held back. */
  end(): void
}

/**
 * Wraps at word ends, indented, each word as soon as it is whole; line breaks and the indentation
 * after them are kept. Lines are broken, never ended: the last one is the caller's to end.
 */
export function createFlow(options: {
  readonly write: (text: string) => void
  readonly columns: () => number
  readonly indent: number
  /** Where the cursor is. */
  readonly column: number
}): Flow {
  const { write, indent } = options
  let column = options.column
  let held = ''
  let space = ''
  let fresh = column <= indent
  /** Line breaks are written with what follows them, so that none stand at the end. */
  let breaks = 0
  const breakLine = (times = 1): void => {
    write(`${'\n'.repeat(times)}${' '.repeat(indent)}`)
    column = indent
    fresh = true
  }
  const word = (text: string): void => {
    if (breaks > 0) breakLine(breaks)
    breaks = 0
    const limit = Math.max(options.columns(), indent + 8)
    const width = widthOf(text)
    // A word that fits on no line is broken where it stands.
    if (!fresh && column + widthOf(space) + width > limit && width <= limit - indent) {
      breakLine()
      space = ''
    }
    let rest = space + text
    space = ''
    while (column + widthOf(rest) > limit) {
      const [head, tail] = splitAt(rest, Math.max(1, limit - column))
      if (tail === '') break
      write(head)
      breakLine()
      rest = tail
    }
    write(rest)
    column += widthOf(rest)
    fresh = false
  }
  const token = (text: string): void => {
    if (text === '\n') {
      breaks += 1
      space = ''
    } else if (/^\s/.test(text)) space = text
    else word(text)
  }
  return {
    push(text) {
      const tokens = (held + text).match(/\n|[^\S\n]+|\S+/g) ?? []
      held = tokens.pop() ?? ''
      for (const each of tokens) for (const part of parts(each)) token(part)
    },
    end() {
      for (const part of parts(held)) token(part)
      held = ''
    },
  }
}

/** Cleaning a word may bring out the white space that was hidden between controls. */
function parts(text: string): readonly string[] {
  return text === '\n' ? [text] : (plainText(text).match(/\n|[^\S\n]+|\S+/g) ?? [])
}

/** Wraps a whole text into lines without indentation; the first may be narrower by `used`. */
export function wrap(
  text: string,
  options: { readonly columns: number; readonly used?: number },
): readonly string[] {
  const { columns, used = 0 } = options
  let made = ''
  const flow = createFlow({
    write: (piece) => {
      made += piece
    },
    columns: () => columns,
    indent: 0,
    column: used,
  })
  flow.push(text)
  flow.end()
  return made.split('\n')
}
