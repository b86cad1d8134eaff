import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { givenCli, type GivenCli } from './given-cli.ts'
import { readInput } from './read-input.ts'
import { UsageError } from './usage-error.ts'

let cli: GivenCli
beforeEach(() => {
  cli = givenCli()
})
afterEach(() => cli.remove())

const option = '--input'

test('JSON, pairs and words; later ones win', async () => {
  expect(await readInput(['{"a":1}'], { option })).toEqual({ a: 1 })
  expect(await readInput(['a=1', 'b=x y', 'c=true', 'd=[1]'], { option })).toEqual({
    a: 1,
    b: 'x y',
    c: true,
    d: [1],
  })
  expect(await readInput(['I want 5 = five'], { option })).toEqual({ message: 'I want 5 = five' })
  expect(await readInput(['{"a":1,"b":2}', 'a=3'], { option })).toEqual({ a: 3, b: 2 })
  expect(await readInput([], { option })).toEqual({})
})

test('a value stays text where the schema wants text', async () => {
  const schema = { type: 'object', properties: { order: { type: 'string' } } }
  expect(await readInput(['order=17', 'amount=17'], { option, schema })).toEqual({
    order: '17',
    amount: 17,
  })
})

test('a file may be YAML', async () => {
  const file = join(cli.folder, 'input.yaml')
  writeFileSync(file, 'message: hello\norder: 17\n')
  expect(await readInput([`@${file}`], { option })).toEqual({ message: 'hello', order: 17 })
})

test('what cannot be read says which option it was', async () => {
  const bad = ['{a}', '@no-such-file.json']
  for (const given of bad) {
    await expect(readInput([given], { option })).rejects.toThrow(UsageError)
    await expect(readInput([given], { option })).rejects.toThrow('--input')
  }
  const list = join(cli.folder, 'list.json')
  writeFileSync(list, '[1]')
  await expect(readInput([`@${list}`], { option })).rejects.toThrow('must be an object')
})
