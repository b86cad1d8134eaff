import { artifactRef, type ArtifactVersion } from '../../core/log/artifact.ts'
import type { Branch } from '../../core/log/branch.ts'
import { ToolError } from '../../core/spec/define.ts'
import { legalNames } from '../../core/spec/issue.ts'
import { isJsonObject, ownValue, type Json } from '../../core/spec/json.ts'
import type { World } from '../world.ts'

/*
 * The tools that read artifacts: what a run's own log says is stored, and the content of it by digest
 * (S3.20). A sub-run also reads what those that it belongs to have written.
 */

const MAX_LINES = 2_000
const MAX_CHARACTERS = 256_000
const MAX_MATCHES = 200

/** Executes `artifact_read`, `artifact_list` and `artifact_grep`. Throws a ToolError. */
export async function readArtifact(tool: string, args: Json, world: World): Promise<Json> {
  const given = isJsonObject(args) ? args : {}
  const text = (name: string): string | null => {
    const value = ownValue(given, name)
    return typeof value === 'string' ? value : null
  }
  const number = (name: string): number | null => {
    const value = ownValue(given, name)
    return typeof value === 'number' ? value : null
  }
  switch (tool) {
    case 'artifact_list':
      return { artifacts: visible(world).map(({ name, version }) => shown(name, version)) }
    case 'artifact_grep':
      return grep(world, { pattern: text('pattern') ?? '', name: text('name') })
    default: {
      const found = find(world, { name: text('name') ?? '', version: number('version') })
      const lines = (await contentOf(world, found)).split('\n')
      const from = number('from_line') ?? 1
      const count = Math.min(number('lines') ?? MAX_LINES, MAX_LINES)
      const part = lines
        .slice(from - 1, from - 1 + count)
        .join('\n')
        .slice(0, MAX_CHARACTERS)
      const rest = { from_line: from, lines: lines.length, text: part }
      return { ...shown(found.name, found.version), ...rest }
    }
  }
}

interface Found {
  readonly name: string
  readonly version: ArtifactVersion
}

function shown(name: string, version: ArtifactVersion): { readonly [key: string]: Json } {
  const { version: number, media, chars, published } = version
  const ref = artifactRef(name, number)
  return { artifact: name, version: number, ref, type: media, chars, published }
}

/** The branch itself, then those that it belongs to. */
function* line({ state }: World): Generator<Branch> {
  let branch: Branch | undefined = state.branch
  while (branch !== undefined) {
    yield branch
    branch = branch.parent === null ? undefined : state.branches.get(branch.parent.branch)
  }
}

/** The newest version of each artifact; the nearest branch's goes before. */
function visible(world: World): readonly Found[] {
  const found = new Map<string, Found>()
  for (const branch of line(world)) {
    for (const [name, { versions }] of branch.artifacts) {
      const version = versions.at(-1)
      if (version !== undefined && !found.has(name)) found.set(name, { name, version })
    }
  }
  return [...found.values()]
}

function find(
  world: World,
  wanted: { readonly name: string; readonly version: number | null },
): Found {
  const { name, version: number } = wanted
  for (const branch of line(world)) {
    const versions = branch.artifacts.get(name)?.versions ?? []
    if (versions.length === 0) continue
    const version =
      number === null ? versions.at(-1) : versions.find((each) => each.version === number)
    if (version !== undefined) return { name, version }
    const legal = versions.map((each) => each.version).join(', ')
    throw notFound(`${name} has no version ${String(number)}; there is ${legal}`)
  }
  const names = visible(world).map((each) => each.name)
  throw notFound(`there is no artifact ${JSON.stringify(name)}; ${legalNames(name, names)}`)
}

function notFound(message: string): ToolError {
  return new ToolError(message, { code: 'NOT_FOUND', executed: false })
}

/** The text of a version. Throws a ToolError when it has expired. */
export async function contentOf(world: World, { name, version }: Found): Promise<string> {
  const now = world.clock.now()
  const store = await world.artifacts()
  // The same text may be kept longer for another artifact; this version is over with its own time.
  const isOver = version.expiresAt !== null && now >= version.expiresAt
  const content = isOver ? null : await store.read(version.digest, { now })
  if (content !== null) return content
  throw notFound(`${name} version ${version.version} is not kept any more`)
}

async function grep(
  world: World,
  wanted: { readonly pattern: string; readonly name: string | null },
): Promise<Json> {
  const { matchLines } = await import('../../store/artifact/gate/match-lines.ts')
  const among =
    wanted.name === null ? visible(world) : [find(world, { name: wanted.name, version: null })]
  const matches: Json[] = []
  for (const found of among) {
    const lines = matchLines(await contentOf(world, found), {
      pattern: wanted.pattern,
      most: MAX_MATCHES - matches.length,
    })
    if (!lines.ok) throw new ToolError(lines.message, { code: 'VALIDATION', executed: false })
    matches.push(...lines.lines.map((each) => ({ artifact: found.name, ...each })))
    if (matches.length >= MAX_MATCHES) break
  }
  return { matches, more: matches.length >= MAX_MATCHES }
}
