import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { errorAt, legalNames, type Issue } from '../core/spec/issue.ts'
import { messageOf } from '../core/spec/message-of.ts'
import type { CheckSpec, WorkflowSpec } from '../core/spec/spec.ts'
import type { GateCheck } from './check.ts'

/** The functions of a workflow's gates by gate, and a digest of each module that holds one. */
export interface LoadedChecks {
  readonly checks: ReadonlyMap<string, GateCheck>
  /** By the module's path as the workflow writes it: the sha256 of its text, in hex (Law 13). */
  readonly digests: Readonly<Record<string, string>>
  readonly issues: readonly Issue[]
}

/**
 * Finds the function of every gate's `check`: in its module, under `export` or the gate's name (as it
 * is written, or in camel case), else among those given in code. Never throws: what is missing or is
 * no function becomes an issue that names the legal exports. Importing runs the author's code.
 */
export async function loadChecks(
  spec: WorkflowSpec,
  options: {
    /** The folder of the workflow's file. */
    readonly base: string
    readonly given: Readonly<Record<string, GateCheck>>
  },
): Promise<LoadedChecks> {
  const { base, given } = options
  const checks = new Map<string, GateCheck>()
  const digests: Record<string, string> = {}
  const issues: Issue[] = []
  for (const [gate, { check }] of Object.entries(spec.gates ?? {})) {
    if (check === undefined) continue
    const found =
      check.module === undefined
        ? ofCode(gate, given)
        : await ofModule(gate, { base, check, module: check.module })
    if (!found.ok) {
      issues.push(errorAt(['gates', gate, 'check', ...found.at], found.message))
      continue
    }
    checks.set(gate, found.check)
    if (check.module !== undefined) digests[check.module] = found.digest
  }
  return { checks, digests, issues }
}

type Found =
  | { readonly ok: true; readonly check: GateCheck; readonly digest: string }
  | { readonly ok: false; readonly at: readonly string[]; readonly message: string }

function ofCode(gate: string, given: Readonly<Record<string, GateCheck>>): Found {
  const check = Object.hasOwn(given, gate) ? given[gate] : undefined
  if (isCheck(check)) return { ok: true, check, digest: '' }
  const legal = legalNames(gate, Object.keys(given))
  const message = `no function answers for gate ${gate}: give \`module\`, or pass it to createRuntime({ checks }); ${legal}`
  return { ok: false, at: [], message }
}

async function ofModule(
  gate: string,
  of: { readonly base: string; readonly check: CheckSpec; readonly module: string },
): Promise<Found> {
  const file = resolve(of.base, of.module)
  const failure = (message: string, at = 'module'): Found => ({
    ok: false,
    at: [at],
    message: `gate ${gate}: ${of.module} ${message}`,
  })
  let text: Buffer
  try {
    text = await readFile(file)
  } catch (error) {
    return failure(`cannot be read: ${messageOf(error)}`)
  }
  let exports: object
  try {
    exports = await import(/* @vite-ignore */ pathToFileURL(file).href)
  } catch (error) {
    return failure(`fails when it is imported: ${messageOf(error)}`)
  }
  const wanted = of.check.export === undefined ? [gate, camelCase(gate)] : [of.check.export]
  const name = wanted.find((each) => Object.hasOwn(exports, each))
  const at = of.check.export === undefined ? 'module' : 'export'
  if (name === undefined) {
    const legal = legalNames(wanted[0] ?? gate, Object.keys(exports))
    return failure(`exports no ${[...new Set(wanted)].join(' or ')}; ${legal}`, at)
  }
  const check: unknown = Reflect.get(exports, name)
  if (!isCheck(check)) return failure(`exports ${name}, which is no function`, at)
  return { ok: true, check, digest: createHash('sha256').update(text).digest('hex') }
}

function camelCase(name: string): string {
  return name.replaceAll(/[-_]+(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function isCheck(value: unknown): value is GateCheck {
  return typeof value === 'function'
}
