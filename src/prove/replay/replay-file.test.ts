import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeReport } from './describe-report.ts'
import { replayFile } from './replay-file.ts'

/*
 * A domain that nothing here has heard of, with nothing but a file of cases and a workflow file.
 */

const SCHEMA = { type: 'object', properties: { book: { type: 'string' } }, required: ['book'] }
const LIBRARY = {
  format: 'gate-cases/1',
  domain: 'library',
  tools: [
    { name: 'find_book', description: 'Find a book.', schema: SCHEMA, kind: 'read' },
    { name: 'lend.book', description: 'Lend a book.', schema: SCHEMA, kind: 'write' },
  ],
  policy_notes: [
    { id: 'found', rule: 'a book is lent only when it was found on the shelf', enforce: 'gate' },
    { id: 'once', rule: 'a book is lent once', enforce: 'counter' },
    { id: 'args', rule: 'no undeclared arguments', enforce: 'catalogue + JSON schema' },
    { id: 'polite', rule: 'be polite', enforce: 'none here' },
  ],
  must_pass: [
    { id: 'ok', events: [{ user: { states: { card: 7 } } }, find('dune'), lend('dune')] },
  ],
  near_miss: [
    {
      id: 'ok::late',
      kind: 'looks_after_refusal',
      must_block: [0],
      events: [lend('dune'), find('dune'), lend('dune')],
    },
  ],
  must_block: [
    block('unseen', [find('emma'), lend('dune')], [1]),
    block('twice', [find('dune'), lend('dune'), lend('dune')], [2]),
    block(
      'extra',
      [find('dune'), { call: { name: 'lend.book', args: { book: 'dune', x: 1 } } }],
      [1],
    ),
    block('unknown', [{ call: { name: 'burn_book', args: { book: 'dune' } } }], [0]),
  ],
  results: { dune: { book: 'dune', shelf: 3 }, emma: { book: 'emma', shelf: 4 }, done: {} },
}

function find(book: string): object {
  return { call: { name: 'find_book', args: { book } }, result: book }
}

function lend(book: string): object {
  return { call: { name: 'lend.book', args: { book } }, result: 'done' }
}

function block(mutation: string, events: readonly object[], must_block: readonly number[]): object {
  return { id: `ok::${mutation}`, mutation, events, must_block }
}

const WORKFLOW = `
workflow: library
gates:
  shelf:
    about: "found: the book was found."
    on: lend_book
    from: { book: "$.tools.find_book.outputs.all[*].book" }
  once: { on: lend_book, limit: { calls: 1, per: $.args.book } }
tools: { find_book: { effect: read }, lend_book: {} }
steps: { serve: { prompt: Serve., tools: [find_book, lend_book] } }
`

const folder = mkdtempSync(join(tmpdir(), 'lockstep-replay-'))
const file = join(folder, 'library.json')
const workflow = join(folder, 'workflow.yaml')

beforeAll(() => {
  writeFileSync(file, JSON.stringify(LIBRARY))
  writeFileSync(workflow, WORKFLOW)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a file of cases of an unknown domain', () => {
  test('is replayed with nothing but a workflow file', async () => {
    const { report } = await replayFile(file, { workflows: [workflow], examples: folder })
    expect(report).toMatchObject({
      must_pass: { total: 1, refused: 0 },
      near_miss: { total: 1, refused: 0 },
      must_block: { total: 4, executed: 0 },
      by_gate: {
        shelf: { must_pass: 0, near_miss: 0, must_block: 2 },
        once: { must_pass: 0, near_miss: 0, must_block: 1 },
      },
      by_kind: {
        unseen: { total: 1, executed: 0, answered_by: { shelf: 1 } },
        extra: { answered_by: { arguments: 1 } },
        unknown: { answered_by: { unknown: 1 } },
      },
      cases: [],
      policy: {
        enforced: [
          { id: 'found', by: ['shelf'] },
          { id: 'once', by: ['once'] },
          { id: 'args', by: ['arguments', 'unknown'] },
        ],
        guided: [{ id: 'polite', rule: 'be polite' }],
      },
    })
  })

  test('names the case that gets through, and the one that is stopped', async () => {
    const lax = join(folder, 'lax.yaml')
    writeFileSync(
      lax,
      WORKFLOW.replace(/ {2}once: .*\n/, '  once: { on: find_book, needs: [lend_book] }\n'),
    )
    const reported = await replayFile(file, { workflows: [`library=${lax}`], examples: folder })
    expect(reported.report).toMatchObject({
      must_pass: { refused: 1 },
      near_miss: { refused: 1 },
      cases: ['ok', 'ok::late', 'ok::unseen', 'ok::twice', 'ok::extra'],
    })
    const text = describeReport(reported)
    expect(text).toContain('✗ ok event 1: find_book should have run: Not executed.')
    expect(text).toMatch(/once +0 +\d/)
  })

  test('lists a gate that never objected, and says what is doubtful in the workflow', async () => {
    const idle = join(folder, 'idle.yaml')
    const more = '  idle: { on: [lend_book, find_book], limit: { calls: 9, per: $.args.book } }\n'
    const unused = 'tools: { dust: { client: true, about: x, input: { type: object } }, '
    writeFileSync(
      idle,
      WORKFLOW.replace('tools: { ', unused).replace('tools: {', `${more}tools: {`),
    )
    const { report, warnings } = await replayFile(file, { workflows: [idle], examples: folder })
    expect(report.by_gate['idle']).toEqual({ must_pass: 0, near_miss: 0, must_block: 0 })
    expect(warnings).toEqual([expect.stringMatching(/idle\.yaml:\d+:\d+ warning: tools\.dust: /)])
  })

  test('says what is wrong with a file that is no file of cases', async () => {
    const broken = join(folder, 'broken.json')
    writeFileSync(broken, JSON.stringify({ format: 'gate-cases/2' }))
    const replayed = replayFile(broken, { workflows: [workflow], examples: folder })
    await expect(replayed).rejects.toThrow(
      /broken\.json is no file of cases.*formats: gate-cases\/1/,
    )
  })

  test('says where the workflow of a domain was looked for', async () => {
    const replayed = replayFile(file, { workflows: [], examples: join(folder, 'none') })
    await expect(replayed).rejects.toThrow(
      /no workflow for library at .*none.*give --workflow FILE/,
    )
  })

  test('works with the workflow that the documentation shows', async () => {
    const docs = join(import.meta.dirname, '..', '..', '..', 'docs', 'replay.md')
    const [, shown = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(docs, 'utf8')) ?? []
    const book = { book: { type: 'string' }, card: { type: 'integer' } }
    const tools = [
      { name: 'find_book', schema: { type: 'object', properties: {} }, kind: 'read' },
      { name: 'lend_book', schema: { type: 'object', properties: book }, kind: 'write' },
      { name: 'call_librarian', schema: { type: 'object', properties: {} }, kind: 'handoff' },
    ]
    const dune = { name: 'lend_book', args: { book: 'dune', card: 7 } }
    const events = [
      { user: { provides: { card: 7 } } },
      { call: { name: 'find_book', args: {} }, result: 'dune' },
      { user: { confirms: dune } },
      { call: dune },
    ]
    const blocked = (mutation: string, without: number): object =>
      block(
        mutation,
        events.filter((_, index) => index !== without),
        [2],
      )
    const must_block = [blocked('no_card', 0), blocked('not_found', 1), blocked('no_yes', 2)]
    const must_pass = [{ id: 'lent', events }]
    const known = { ...LIBRARY, tools, near_miss: [], must_pass, must_block }
    writeFileSync(join(folder, 'shown.json'), JSON.stringify(known))
    writeFileSync(join(folder, 'shown.yaml'), shown)
    const options = { workflows: [join(folder, 'shown.yaml')], examples: folder }
    const { report } = await replayFile(join(folder, 'shown.json'), options)
    expect(report).toMatchObject({
      cases: [],
      by_kind: {
        no_card: { answered_by: { card: 1 } },
        not_found: { answered_by: { found: 1 } },
        no_yes: { answered_by: { confirm: 1 } },
      },
    })
  })
})
