import type { z } from 'zod'
import {
  errorAt,
  firstIssues,
  toIssuePath,
  type Issue,
  type IssuePath,
} from '../core/spec/issue.ts'
import type { JsonObject } from '../core/spec/json.ts'

/*
 * What reading a foreign format comes to: a canonical spec, and for each of its paths the place in
 * the author's own document, so that every later issue stands where they wrote it.
 */

/** A tool that is there without being declared: given in code, or exported by the module beside the file. */
export interface NearbyTool {
  readonly about: string
  /** The module's path as a workflow writes it; null when it was given in code. */
  readonly module: string | null
}

/** What a dialect may know of where its document stands; it reaches for nothing itself. */
export interface Surroundings {
  /** For a document without a name. */
  readonly name: string
  readonly tools: ReadonlyMap<string, NearbyTool>
  /** The names of the files in the document's folder. */
  readonly files: ReadonlySet<string>
}

/** A document, read. With an error among its issues `spec` is not meant to be used. */
export interface Canonical {
  /** For parseSpec, which checks it as any other. */
  readonly spec: JsonObject
  readonly issues: readonly Issue[]
  /** Where in the document stands what a path of `spec` leads to. */
  readonly original: (path: IssuePath) => IssuePath
}

/** What comes of a document that does not fit its schema: every issue where the author wrote it. */
export function misread({ issues }: z.ZodError): Canonical {
  const errors = issues.map(({ path, message }) =>
    errorAt(toIssuePath(path), message.replace('Invalid input: ', '')),
  )
  return { spec: {}, issues: firstIssues(errors), original: (path) => path }
}

/** A format of workflows other than the canonical one (DESIGN §3). */
export interface Dialect {
  readonly isWritten: (value: JsonObject) => boolean
  /** Total: what cannot be read, or would be lost, is an issue with its path in the document. */
  readonly read: (value: JsonObject, around: Surroundings) => Canonical
}

/** Where the parts of a spec come from. */
export interface Origins {
  note(path: IssuePath, original: IssuePath): void
  /** The place of the path itself, else that of its nearest ancestor with the rest behind it. */
  find(path: IssuePath): IssuePath
}

/** Makes an empty table of origins; an unknown path is its own origin. */
export function createOrigins(): Origins {
  const table = new Map<string, IssuePath>()
  return {
    note(path, original) {
      table.set(JSON.stringify(path), original)
    },
    find(path) {
      for (let length = path.length; length > 0; length--) {
        const found = table.get(JSON.stringify(path.slice(0, length)))
        if (found !== undefined) return [...found, ...path.slice(length)]
      }
      return path
    },
  }
}

/** Makes a name of any text: letters, digits, _ and -, and a letter first; '' where none is left. */
export function legalName(text: string): string {
  const name = text.trim().replaceAll(/[^A-Za-z0-9_-]+/g, '-')
  return name
    .replace(/^[^A-Za-z]+/, '')
    .slice(0, 64)
    .replace(/-+$/, '')
}
