import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { UNTIL } from './feed/event-stream.ts'
import { runsDocs } from './runs-docs.ts'

const guide = readFileSync(join(import.meta.dirname, '../../../docs/runs-api.md'), 'utf8')

test('docs/runs-api.md has every route, and each way in which a stream ends', () => {
  for (const { path, root } of runsDocs) {
    if (root === true) continue
    const [, room = '', , act = ''] = path.split('/')
    expect(guide).toContain(act === '' ? `/${room}` : act)
  }
  for (const until of UNTIL) expect(guide).toContain(`\`${until}\``)
})
