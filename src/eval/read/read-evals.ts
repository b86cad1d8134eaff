import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { errorAt, type IssuePath } from '../../core/spec/issue.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'
import { messageOf } from '../../core/spec/message-of.ts'
import { readJson } from '../../core/spec/read-json.ts'
import { readDocument, type Place } from '../../dialect/document.ts'
import type { PlacedIssue } from '../../drive/load/loaded-workflow.ts'
import { readScript } from '../../mind/read-script.ts'
import { parseScript, type Script } from '../../mind/script.ts'
import type { Answers, EvalCase } from './eval-case.ts'
import { evalFile } from './eval-schema.ts'
import { toIssues } from './written.ts'
import type { WrittenCase } from './written-case.ts'

/** The cases of a file; a case with an issue is left out. */
export interface ReadEvals {
  readonly cases: readonly EvalCase[]
  readonly issues: readonly PlacedIssue[]
}

const WORKFLOWS = ['../workflow.yaml', '../workflow.yml', '../workflow.json', '../workflow.ts']

/**
 * Reads one file of `evals/` with the inputs and scripts that it names (paths are from the file).
 * Never throws: whatever is wrong is an issue with file, line and column (S4.28).
 */
export async function readEvals(file: string): Promise<ReadEvals> {
  const failure = (message: string, place?: Place): PlacedIssue => ({
    ...errorAt([], message),
    file,
    ...(place === undefined ? {} : { place }),
  })
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    return { cases: [], issues: [failure(`cannot read ${file}: ${messageOf(error)}`)] }
  }
  const document = readDocument(text)
  if (!document.ok) {
    const issues = document.issues.map(({ message, ...place }) => failure(message, place))
    return { cases: [], issues }
  }
  const { value, locate } = document
  const isList = Array.isArray(value)
  const at = (path: IssuePath): IssuePath => (isList ? path : path.slice(1))
  const listed = isList ? value : [value]
  const parsed = evalFile.safeParse(listed)
  if (!parsed.success) {
    const found = toIssues(parsed.error, listed).map(({ path, message }) => ({
      ...errorAt(at(path), message),
      file,
      place: locate(at(path)),
    }))
    return { cases: [], issues: inPlace(found) }
  }
  const cases: EvalCase[] = []
  const issues: PlacedIssue[] = []
  for (const [index, written] of parsed.data.entries()) {
    const reader = new CaseReader(file, (path) => locate(at([index, ...path])))
    const read = await reader.read(written)
    if (reader.issues.length === 0) cases.push(read)
    issues.push(...reader.issues)
  }
  return { cases, issues }
}

/** As a person mends them: from the top. */
function inPlace(issues: readonly PlacedIssue[]): readonly PlacedIssue[] {
  return issues.toSorted((left, right) => offset(left) - offset(right))
}

const WIDEST_LINE = 1_000_000

function offset({ place }: PlacedIssue): number {
  return (place?.line ?? 0) * WIDEST_LINE + (place?.column ?? 0)
}

/** Reads one case, and keeps what is wrong with it. */
class CaseReader {
  readonly issues: PlacedIssue[] = []
  readonly #file: string
  readonly #locate: (path: IssuePath) => Place

  constructor(file: string, locate: (path: IssuePath) => Place) {
    this.#file = file
    this.#locate = locate
  }

  async read(written: WrittenCase): Promise<EvalCase> {
    return {
      name: written.case,
      about: written.about ?? '',
      file: this.#file,
      workflow: this.#workflow(written.workflow),
      input: await this.#map(written, 'input'),
      session: await this.#map(written, 'session'),
      states: written.states ?? [],
      answers: await this.#answers(written),
      pinned: written.pinned ?? false,
      turns: written.turns ?? [],
      criteria: written.criteria,
      locate: this.#locate,
    }
  }

  #workflow(written: string | undefined): string {
    const found = (written === undefined ? WORKFLOWS : [written])
      .map((path) => this.#path(path))
      .find((path) => existsSync(path))
    if (found !== undefined) return found
    const looked = written === undefined ? `\`workflow\` is missing, and ${WORKFLOWS[0]}` : written
    this.#report(['workflow'], `${looked} is not there; paths are from this file`)
    return ''
  }

  async #map(written: WrittenCase, key: 'input' | 'session'): Promise<JsonObject> {
    const given = written[key] ?? {}
    if (typeof given !== 'string') return given
    const value = await this.#value(given, [key])
    if (isJsonObject(value)) return value
    if (value !== undefined) this.#report([key], `${given} does not hold a map`)
    return {}
  }

  async #value(path: string, at: IssuePath): Promise<Json | undefined> {
    try {
      const document = readDocument(await readFile(this.#path(path), 'utf8'))
      const read = document.ok ? readJson(document.value) : document
      if (read.ok) return read.value
      this.#report(at, `${path}: ${read.issues[0]?.message ?? 'cannot be read'}`)
    } catch (error) {
      this.#report(at, `cannot read ${path}: ${messageOf(error)}; paths are from this file`)
    }
    return undefined
  }

  async #answers(written: WrittenCase): Promise<Answers> {
    const { script, recording, model } = written
    if (model !== undefined) return { kind: 'model', model }
    if (typeof script === 'object') {
      return { kind: 'script', script: this.#inline(script), from: 'its script' }
    }
    const from = script ?? recording
    if (from === undefined) return { kind: 'nobody' }
    const key = script === undefined ? 'recording' : 'script'
    return { kind: 'script', script: await this.#scriptFile(from, key), from }
  }

  #inline(value: readonly unknown[]): Script {
    const parsed = parseScript(value)
    if (parsed.ok) return parsed.script
    for (const { path, message } of parsed.issues) this.#report(['script', ...path], message)
    return []
  }

  async #scriptFile(path: string, key: 'script' | 'recording'): Promise<Script> {
    const file = this.#path(path)
    if (!existsSync(file)) {
      this.#report([key], `there is no file ${path}; paths are from this file`)
      return []
    }
    const read = await readScript(file)
    if (read.ok) return read.script
    for (const { path: at, message, line, column } of read.issues) {
      const place = line === undefined || column === undefined ? {} : { place: { line, column } }
      this.issues.push({ ...errorAt(at, message), file, ...place })
    }
    return []
  }

  #path(path: string): string {
    return resolve(dirname(this.#file), path)
  }

  #report(path: IssuePath, message: string): void {
    this.issues.push({ ...errorAt(path, message), file: this.#file, place: this.#locate(path) })
  }
}
