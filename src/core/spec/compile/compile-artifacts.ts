import { compileText } from './compile-text.ts'
import { errorAt, legalNames, warningAt, type Issue, type IssuePath } from '../issue.ts'
import type { JsonPath } from '../path/json-path.ts'
import type { PlanArtifact, PlanComposer, PlanTool, PlanVerifier } from '../plan.ts'
import { namedSteps } from './named-steps.ts'
import { resolvePath, STEP_ROOTS } from './references.ts'
import type { ArtifactSpec } from '../chain-spec.ts'
import type { WorkflowSpec } from '../spec.ts'

interface Known {
  readonly tools: ReadonlyMap<string, PlanTool>
  readonly steps: ReadonlySet<string>
  readonly issues: Issue[]
}

const DEFAULT_PASS = 7
const DEFAULT_ATTEMPTS = 3

/** Compiles what artifacts say of their composers and verifiers; their rules are the store's (S4.19). */
export function compileArtifacts(
  spec: WorkflowSpec,
  known: Known,
): ReadonlyMap<string, PlanArtifact> {
  const artifacts = new Map<string, PlanArtifact>()
  for (const [name, artifact] of Object.entries(spec.artifacts ?? {})) {
    const at = ['artifacts', name]
    artifacts.set(name, {
      name,
      spec: artifact,
      compose: compileComposer(artifact, at, { spec, known }),
      verify: compileVerifier(artifact, at, { spec, known }),
      ttlMs: artifact.ttl === undefined ? null : artifact.ttl * 1000,
    })
  }
  checkWriters(spec, artifacts, known.issues)
  return artifacts
}

interface Around {
  readonly spec: WorkflowSpec
  readonly known: Known
}

function compileComposer(
  { compose }: ArtifactSpec,
  at: IssuePath,
  { spec, known }: Around,
): PlanComposer | null {
  if (compose === undefined) return null
  const { issues } = known
  const place = { at: [...at, 'compose', 'prompt'], input: spec.input, issues }
  const prompt = compileText(compose.prompt, place)
  if (prompt === null) return null
  const inputs = new Map<string, JsonPath>()
  for (const [input, text] of Object.entries(compose.inputs ?? {})) {
    const path = resolvePath(text, [...at, 'compose', 'inputs', input], {
      ...known,
      roots: STEP_ROOTS,
    })
    if (path !== null) inputs.set(input, path)
  }
  return {
    prompt,
    model: compose.model ?? null,
    settings: { ...spec.settings, ...compose.settings },
    inputs: compose.inputs === undefined ? null : inputs,
  }
}

function compileVerifier(
  { verify }: ArtifactSpec,
  at: IssuePath,
  { spec, known }: Around,
): PlanVerifier | null {
  if (verify === undefined) return null
  const place = { at: [...at, 'verify', 'prompt'], input: spec.input, issues: known.issues }
  const prompt = compileText(verify.prompt, place)
  if (prompt === null) return null
  return {
    prompt,
    model: verify.model ?? null,
    settings: { ...spec.settings, ...verify.settings },
    pass: verify.pass ?? DEFAULT_PASS,
    attempts: verify.attempts ?? DEFAULT_ATTEMPTS,
  }
}

/** Every `write` names an artifact, and every artifact is written somewhere. */
function checkWriters(
  spec: WorkflowSpec,
  artifacts: ReadonlyMap<string, PlanArtifact>,
  issues: Issue[],
): void {
  const written = new Set<string>()
  for (const step of namedSteps(spec)) {
    const names = [step.spec.write ?? []].flat()
    for (const name of names) {
      written.add(name)
      if (artifacts.has(name)) continue
      const legal = legalNames(name, artifacts.keys())
      issues.push(errorAt([...step.at, 'write'], `there is no artifact \`${name}\`; ${legal}`))
    }
    const free = step.spec.tools?.some((tool) => WRITERS.has(tool)) === true
    if (free && names.length === 0) for (const name of artifacts.keys()) written.add(name)
  }
  for (const name of artifacts.keys()) {
    if (written.has(name)) continue
    const message = `no step writes \`${name}\`; say \`write: ${name}\` in the one that does`
    issues.push(warningAt(['artifacts', name], message))
  }
}

const WRITERS: ReadonlySet<string> = new Set(['store_artifact', 'artifact_create'])
