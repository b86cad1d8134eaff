import { z } from 'zod'
import { legalNames } from '../../core/spec/issue.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'
import { readJson } from '../../core/spec/read-json.ts'

/*
 * The words of zod that the schemas of eval files are built from: what is wrong is said with what
 * would be legal.
 */

/** A map of these keys alone; the complaint about another names the legal ones, one line per key. */
export function strict<Shape extends z.core.$ZodShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  const legal = Object.keys(shape)
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'invalid_type') return `must be a map; ${legalNames('', legal)}`
      if (issue.code !== 'unrecognized_keys') return undefined
      const told = issue.keys.map((key) => `unknown key \`${key}\`; ${legalNames(key, legal)}`)
      return told.join('\n')
    },
  })
}

/** One of these words; the complaint lists them, the nearest first. */
export function oneOf<const Words extends readonly [string, ...string[]]>(
  words: Words,
): z.ZodEnum<{ [Word in Words[number]]: Word }> {
  return z.enum(words, {
    error: ({ input }) =>
      typeof input === 'string'
        ? `there is no \`${input}\` here; ${legalNames(input, words)}`
        : `must be one of ${words.join(', ')}`,
  })
}

/** Any JSON, by reference: zod's own would drop a member named `__proto__`. */
export const json: z.ZodType<Json> = z.custom<Json>((value) => readJson(value).ok, 'must be JSON')

export const jsonObject: z.ZodType<JsonObject> = z.custom<JsonObject>(
  (value) => isJsonObject(value) && readJson(value).ok,
  { error: 'must be a map' },
)

export const text: z.ZodString = z.string({ error: 'must be a text' }).min(1, 'must not be empty')

export const texts: z.ZodArray<z.ZodString> = z.array(text, { error: 'must be a list of texts' })

export const count: z.ZodInt = z.int({ error: 'must be a whole number, 0 or more' }).min(0)

/** What is wrong in a value, and where: one per unknown key, at the key itself. */
interface WrittenIssue {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Issues of zod about `root` as lines with paths that people read; the first of a hundred. */
export function toIssues(error: z.ZodError, root: unknown): readonly WrittenIssue[] {
  return error.issues.flatMap((issue) => readIssue(issue, [], root)).slice(0, MAX_ISSUES)
}

const MAX_ISSUES = 100

function readIssue(
  issue: z.core.$ZodIssue,
  base: WrittenIssue['path'],
  root: unknown,
): readonly WrittenIssue[] {
  const path = [...base, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))]
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n')
    return issue.keys.map((key, index) => ({
      path: [...path, key],
      message: messages[index] ?? issue.message,
    }))
  }
  if (issue.code === 'invalid_union') {
    // What was meant is the branch that at least takes this kind of value.
    const meant = issue.errors.find((errors) => errors.every(isWithin))
    if (meant !== undefined) return meant.flatMap((inner) => readIssue(inner, path, root))
  }
  const isMissing = path.length > 0 && valueAt(path, root) === undefined
  const lead = isMissing ? `\`${String(path.at(-1))}\` is missing: it ` : ''
  return [{ path, message: `${lead}${issue.message}` }]
}

function isWithin(issue: z.core.$ZodIssue): boolean {
  return issue.path.length > 0 || !['invalid_type', 'invalid_value'].includes(issue.code)
}

function valueAt(path: WrittenIssue['path'], root: unknown): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? Reflect.get(value, part)
        : undefined,
    root,
  )
}
