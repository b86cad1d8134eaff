import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readServerConfig, SETTING_NAMES, variableOf } from './server-config.ts'

/*
 * What the guide, the Dockerfile and the compose file say of settings is what there is.
 */

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** Variables of the server that are no settings. */
const OTHERS = [
  'LOCKSTEP_HOME',
  'LOCKSTEP_CONFIG',
  'LOCKSTEP_OTLP',
  'LOCKSTEP_ARTIFACTS',
  'LOCKSTEP_SECRET_KEY',
  'LOCKSTEP_LINK_KEY',
  'LOCKSTEP_CONTINUATION_KEYS',
]
const KNOWN = new Set([...OTHERS, ...SETTING_NAMES.map(variableOf)])

test.each(['Dockerfile', 'compose.yaml', 'docs/server.md'])(
  '%s names variables that there are',
  (file) => {
    const named = [...read(file).matchAll(/LOCKSTEP_[A-Z_]+/g)].map(([name]) => name)
    expect(named.length).toBeGreaterThan(3)
    expect(named.filter((name) => !KNOWN.has(name))).toEqual([])
  },
)

test('the guide lists every setting with its default', () => {
  const rows = [...read('docs/server.md').matchAll(/^\| `([a-z_]+)` \| (.*?) \| (.*) \|$/gm)]
  const listed = new Map(rows.map(([, name = '', value = '']) => [name, value]))
  const settings = [...listed.keys()].filter(
    (name) => !['run', 'approve', 'read', 'admin'].includes(name),
  )
  expect(settings.toSorted()).toEqual([...SETTING_NAMES].toSorted())
  const config = readServerConfig({ flags: {}, env: {}, file: null })
  for (const [name, value] of Object.entries(config)) {
    if (Array.isArray(value)) continue
    expect([name, listed.get(name)]).toEqual([name, `\`${String(value)}\``])
  }
})

test('the compose file gives the server longer to stop than it takes, and every secret by name', () => {
  const compose: unknown = parse(read('compose.yaml'))
  expect(compose).toMatchObject({
    services: {
      lockstep: {
        environment: { LOCKSTEP_SHUTDOWN_SECONDS: '25' },
        stop_grace_period: '35s',
        read_only: true,
        cap_drop: ['ALL'],
        ports: ['127.0.0.1:8787:8787'],
      },
    },
  })
  expect(read('compose.yaml')).not.toMatch(/PASSWORD: "?[^"$\n]+$/m)
})

test('the image is not root’s, and builds from files that are there', () => {
  const lines = read('Dockerfile').split('\n')
  expect(lines.indexOf('USER node')).toBeGreaterThan(
    lines.findLastIndex((line) => line.startsWith('RUN ')),
  )
  const ignored = new Set(
    read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!')),
  )
  const copied = lines
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
    .flatMap((line) => line.split(' ').slice(1, -1))
  expect(copied).toContain('src')
  for (const path of copied) {
    const [top = ''] = path.replace(/^\.\//, '').split('/')
    expect(ignored).toContain(`!${top}`)
  }
})
