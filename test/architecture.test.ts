import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, expect, test } from 'vitest'

/*
 * Which folder may know which (DESIGN §2), read from the imports themselves. A test file may import
 * what it likes; so may `given*.ts`, the words of tests.
 */

const ROOT = resolve(import.meta.dirname, '..')
const FOLDERS = ['src', 'test', 'examples', 'bench']

interface SourceFile {
  /** From the checkout, with slashes. */
  readonly path: string
  readonly lines: readonly string[]
  /** Files of ours that it imports, from the checkout. */
  readonly ours: readonly string[]
  /** Everything else that it imports: packages and built-ins. */
  readonly others: readonly string[]
}

const IMPORT =
  /^(?:import|export)\b[^'"]*?\bfrom\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

function readSource(file: string): SourceFile {
  const text = readFileSync(file, 'utf8')
  const imports = [...text.matchAll(IMPORT)].map((found) => found[1] ?? found[2] ?? found[3] ?? '')
  const ours = imports.filter((from) => from.startsWith('.'))
  return {
    path: fromRoot(file),
    lines: text.trimEnd().split('\n'),
    ours: ours.map((from) => fromRoot(resolve(dirname(file), from))),
    others: imports.filter((from) => !from.startsWith('.')),
  }
}

function fromRoot(file: string): string {
  return relative(ROOT, file).split(sep).join('/')
}

const everything = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => readSource(join(ROOT, folder, name))),
)
const sources = everything.filter(({ path }) => path.startsWith('src/') && !isForTests(path))

function isForTests(path: string): boolean {
  return /\.test\.ts$|\.contract\.ts$|\/given[^/]*\.ts$/.test(path)
}

/** Imports of a folder's files that lead to another place than the allowed ones. */
function astray(folder: string, allowed: readonly string[]): readonly string[] {
  return sources
    .filter(({ path }) => path.startsWith(folder))
    .flatMap(({ path, ours }) =>
      ours
        .filter((target) => !allowed.some((place) => target.startsWith(place)))
        .map((target) => `${path} imports ${target}`),
    )
}

const CORE = 'src/core/'
const SPEC = 'src/core/spec/'
const LOG = 'src/core/log/'
const PORTS = [
  'src/mind/mind.ts',
  'src/tool/tool.ts',
  'src/tool/check.ts',
  'src/store/store.ts',
  // The door of the artifact store: nothing is put but what the gate lets through (S4.19).
  'src/store/artifact/artifact-store.ts',
  'src/store/artifact/gate/artifact-gate.ts',
  'src/store/artifact/gate/match-lines.ts',
  'src/store/memory-bank/memory-bank.ts',
]

describe('the arrows between folders', () => {
  test.each([
    { folder: SPEC, allowed: [SPEC] },
    { folder: LOG, allowed: [SPEC, LOG] },
    { folder: CORE, allowed: [CORE] },
    { folder: 'src/client/', allowed: [CORE, 'src/client/'] },
    { folder: 'src/dialect/', allowed: [CORE, 'src/dialect/'] },
    { folder: 'src/store/', allowed: [CORE, 'src/store/'] },
    { folder: 'src/mind/', allowed: [CORE, 'src/dialect/', 'src/mind/'] },
    { folder: 'src/tool/', allowed: [CORE, 'src/tool/'] },
    {
      folder: 'src/guideline/',
      allowed: [
        CORE,
        'src/dialect/',
        'src/mind/mind.ts',
        'src/store/memory-bank/',
        'src/guideline/',
      ],
    },
    { folder: 'src/perform/', allowed: [CORE, ...PORTS, 'src/perform/'] },
    {
      folder: 'src/drive/',
      allowed: ['core', 'dialect', 'guideline', 'store', 'mind', 'tool', 'perform', 'drive'].map(
        (name) => `src/${name}/`,
      ),
    },
    {
      folder: 'src/server/',
      allowed: [
        CORE,
        ...[
          'dialect',
          'drive',
          'guideline',
          'mind',
          'perform',
          'store',
          'telemetry',
          'tool',
          'server',
        ].map((name) => `src/${name}/`),
      ],
    },
    {
      folder: 'src/telemetry/',
      allowed: [CORE, 'src/drive/telemetry.ts', 'src/telemetry/'],
    },
    {
      folder: 'src/eval/',
      allowed: [
        CORE,
        ...['dialect', 'drive', 'mind', 'store', 'eval'].map((name) => `src/${name}/`),
      ],
    },
  ])('$folder imports only $allowed', ({ folder, allowed }) => {
    expect(sources.some(({ path }) => path.startsWith(folder))).toBe(true)
    expect(astray(folder, allowed)).toEqual([])
  })

  test('the core reaches for nothing of the machine: no built-in modules', () => {
    const reached = sources
      .filter(({ path }) => path.startsWith(CORE))
      .flatMap(({ path, others }) =>
        others.filter((name) => name.startsWith('node:')).map((name) => `${path} imports ${name}`),
      )
    expect(reached).toEqual([])
  })

  test('nothing that ships imports a test', () => {
    const tests = sources.flatMap(({ path, ours }) =>
      ours.filter(isForTests).map((target) => `${path} imports ${target}`),
    )
    expect(tests).toEqual([])
  })

  test('every import of ours is a file that is there', () => {
    const known = new Set(everything.map(({ path }) => path))
    const lost = sources.flatMap(({ path, ours }) =>
      ours.filter((target) => !known.has(target)).map((target) => `${path} imports ${target}`),
    )
    expect(lost).toEqual([])
  })

  test('no imports go in a circle, not even of types', () => {
    expect(circles(new Map(sources.map(({ path, ours }) => [path, ours])))).toEqual([])
  })
})

/** Each circle of imports once, as the path that leads back to its beginning. */
function circles(imports: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (path: string, above: readonly string[]): void => {
    const from = above.indexOf(path)
    if (from >= 0) found.push([...above.slice(from), path].join(' > '))
    if (from >= 0 || done.has(path)) return
    for (const target of imports.get(path) ?? []) visit(target, [...above, path])
    done.add(path)
  }
  for (const path of imports.keys()) visit(path, [])
  return found
}

describe('files', () => {
  const doors = sources.filter(({ path }) => /^src\/[^/]+\.ts$/.test(path))

  test.each(doors.map(({ path }) => path))(
    '%s is a door: named re-exports, nothing else',
    (path) => {
      const text = readFileSync(join(ROOT, path), 'utf8')
      const rest = text
        .replaceAll(/\/\*[\s\S]*?\*\//g, '')
        .replaceAll(/^\/\/.*$/gm, '')
        .replaceAll(/^export (?:type )?\{[^}]*\} from '[^']+'$/gm, '')
      expect(rest.trim()).toBe('')
    },
  )

  test('there are doors, and no folder has an index of its own', () => {
    expect(doors.map(({ path }) => path)).toContain('src/index.ts')
    const inner = sources.filter(({ path }) => /^src\/.+\/index\.ts$/.test(path))
    expect(inner.map(({ path }) => path)).toEqual([])
  })

  test('none has grown over 400 lines, no test over 800', () => {
    const long = everything
      .filter(({ path, lines }) => lines.length > (isForTests(path) ? 800 : 400))
      .map(({ path, lines }) => `${path}: ${lines.length}`)
    expect(long).toEqual([])
  })
})
