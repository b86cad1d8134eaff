import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readCaseFile } from './read-case-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-cases-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function reading(text: string, name = 'cases.json'): Promise<string> {
  const file = join(folder, name)
  writeFileSync(file, text)
  return readCaseFile(file).then(
    () => 'fine',
    (error: Error) => error.message,
  )
}

const CALL = { call: { name: 'lend', args: {} }, result: 'lent' }

/** What is said of one case with these events, of which those at `must_block` must not run. */
function saying(events: readonly object[], must_block: readonly number[] = []): Promise<string> {
  const group = must_block.length === 0 ? 'must_pass' : 'must_block'
  return reading(
    JSON.stringify({
      format: 'gate-cases/1',
      domain: 'library',
      tools: [],
      [group]: [{ id: 'first', events, must_block }],
      results: { lent: {} },
    }),
  )
}

describe('a slip in a case is said before anything runs, with case, event and what is legal', () => {
  test.each([
    [[{ user: { confirm: {} } }], /case first, event 0, user\.confirm: .*did you mean confirms\?/],
    [[{ user: {} }], /case first, event 0, user: .*legal: confirms, provides, states/],
    [
      [{ user: { confirms: { name: 'lend' } } }],
      /event 0, user\.confirms\.args: must be an object/,
    ],
    [[{ cal: {} }], /case first, event 0: an event is \{"call":.*or \{"user":/],
    [[CALL, { call: { name: 'lend' } }], /case first, event 1, call\.args: must be an object/],
    [
      [{ ...CALL, result: 'lnt' }],
      /case first, event 0: `results` has no "lnt"; did you mean lent\?/,
    ],
  ])('%j', async (events, expected) => {
    expect(await saying(events)).toMatch(expected)
  })

  test('a call keeps every argument that is written, whatever its name', async () => {
    const file = join(folder, 'proto.json')
    const events = '[{"call":{"name":"lend","args":{"__proto__":{"a":1}}}}]'
    const rest = '"format":"gate-cases/1","domain":"d","tools":[],"results":{}'
    writeFileSync(file, `{${rest},"must_pass":[{"id":"a","events":${events}}]}`)
    expect(JSON.stringify(await readCaseFile(file))).toContain('"args":{"__proto__":{"a":1}}')
  })

  test('a position that is no call, or out of range', async () => {
    const events = [{ user: { states: { card: 7 } } }, CALL]
    expect(await saying(events, [1])).toBe('fine')
    expect(await saying(events, [0])).toMatch(
      /case first: `must_block` 0 is what the user says; calls are at 1/,
    )
    expect(await saying(events, [2])).toMatch(/case first: `must_block` 2 is out of range/)
  })

  test('an id that two cases have, and a mutant that forbids nothing', async () => {
    const one = { id: 'a', events: [CALL] }
    const file = { format: 'gate-cases/1', domain: 'd', tools: [], results: { lent: 1 } }
    const twice = { ...file, must_pass: [one], near_miss: [one] }
    expect(await reading(JSON.stringify(twice))).toMatch(/case a: there are two cases of this id/)
    expect(await reading(JSON.stringify({ ...file, must_block: [one] }))).toMatch(
      /case a: `must_block` names no call/,
    )
  })

  test('a file that is no JSON, and the line of a recording that is none', async () => {
    expect(await reading('{,}')).toMatch(/cases\.json is no JSON: /)
    expect(await reading('\n{}\n{,}\n', 'runs.jsonl')).toMatch(/runs\.jsonl:3 is no JSON: /)
  })
})
