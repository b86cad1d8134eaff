import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { givenCli } from '../given-cli.ts'

const WORKFLOW = `
workflow: shop
memory: { record: 'customer-{{customer_id}}', recall: true, memorize: true }
steps: [{ prompt: Answer. }]
`
const cli = givenCli()
const file = join(cli.folder, 'workflow.yaml')
const script = join(cli.folder, 'script.yaml')

async function run(...input: readonly string[]): Promise<string> {
  const { stdout } = await cli.call('run', file, '--script', script, '--input', ...input)
  return stdout
}

beforeAll(async () => {
  writeFileSync(file, WORKFLOW)
  writeFileSync(script, '- text: It comes on Friday.')
  await run('customer_id=1', 'message=Where is my bicycle?')
  await run('customer_id=2', 'message=Hello')
})
afterAll(() => cli.remove())

test('a later run shows what it recalls and keeps', async () => {
  const shown = await run('customer_id=1', 'message=And the bicycle now?')
  expect(shown).toContain('recalled 2 notes of customer-1')
  expect(shown).toContain('Where is my bicycle?')
  expect(shown).toContain('kept 2 notes of customer-1')
})

test('the records, and the notes of one, for people and machines', async () => {
  const { stdout } = await cli.call('memory', 'list')
  expect(stdout).toMatch(/RECORD +NOTES +LAST\n/)
  expect(stdout).toMatch(/customer-2 +2 /)
  const notes = await cli.call('memory', 'list', 'customer-2')
  expect(notes.stdout).toMatch(/output, run_\w+ +It comes on Friday\./)
  const { stdout: json } = await cli.call('memory', 'list', 'customer-2', '--json')
  expect(JSON.parse(json)).toMatchObject({
    tenant: 'default',
    record: 'customer-2',
    notes: [{ text: 'It comes on Friday.' }, { text: 'Hello', source: { kind: 'message' } }],
  })
  const other = await cli.call('memory', 'list', '--tenant', 'globex', '--json')
  expect(JSON.parse(other.stdout)).toEqual({ tenant: 'globex', records: [] })
})

test('forget deletes a record and leaves the others', async () => {
  const { stdout } = await cli.call('memory', 'forget', 'customer-2')
  expect(stdout).toContain('deleted 2 notes of customer-2')
  expect(stdout).toContain('still stands in their logs')
  const again = await cli.call('memory', 'forget', 'customer-2', '--json')
  expect(JSON.parse(again.stdout)).toMatchObject({ record: 'customer-2', deleted: 0 })
  const left = await cli.call('memory', 'list', '--json')
  expect(JSON.parse(left.stdout)).toMatchObject({ records: [{ record: 'customer-1' }] })
  const none = await cli.call('memory', 'list', 'customer-2')
  expect(none.stdout).toContain('there are no notes of customer-2')
})

test('what cannot be asked is a usage error', async () => {
  const empty = await cli.call('memory', 'forget', '')
  expect(empty).toMatchObject({ exitCode: 2, stdout: '' })
  expect(empty.stderr).toContain('record is missing')
  expect(await cli.call('memory', 'list', 'x', '--limit', '1001')).toMatchObject({ exitCode: 2 })
  expect(await cli.call('memory', 'forget')).toMatchObject({ exitCode: 2 })
})

test('without whose memory it is known, a run does not begin', async () => {
  const shown = await run('message=Hello', 'customer_id=')
  expect(shown).toContain('transition_failed')
  expect(shown).toContain('customer_id')
})
