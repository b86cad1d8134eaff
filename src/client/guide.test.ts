import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as door from '../client.ts'

/*
 * What docs/client.md shows is there.
 */

const guide = readFileSync(join(import.meta.dirname, '../../docs/client.md'), 'utf8')
const blocks = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block = '']) => block)

test.each(blocks)('code that can be read, from a door that has it: %#', (block) => {
  expect(() => stripTypeScriptTypes(block)).not.toThrow()
  const [, names = ''] = /import \{ (.*) \} from 'lockstep\/client'/.exec(block) ?? []
  const imported = names.split(', ').map((name) => name.replace(/ as .*/, ''))
  expect(Object.keys(door)).toEqual(expect.arrayContaining(imported))
})

test('every method that it names, and names every method', () => {
  const { runs } = door.createClient({ baseURL: 'http://server' })
  const named = new Set([...guide.matchAll(/\bruns\.(\w+)/g)].map(([, name]) => name))
  expect(named).toEqual(new Set(Object.keys(runs)))
})
