import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { givenCli, type GivenCli } from '../given-cli.ts'

const EXAMPLE = join(import.meta.dirname, '../../../examples/02-refund')

let cli: GivenCli

beforeEach(() => {
  cli = givenCli()
})

afterEach(() => cli.remove())

async function runExample(id: string, given: GivenCli = cli): Promise<void> {
  const input = `@${EXAMPLE}/inputs/allowed.json`
  const script = `${EXAMPLE}/scripts/twice.yaml`
  await given.call(
    'run',
    `${EXAMPLE}/workflow.yaml`,
    '--input',
    input,
    '--script',
    script,
    '--id',
    id,
  )
}

function sql(statement: string): void {
  const database = new DatabaseSync(join(cli.folder, '.lockstep/lockstep.db'))
  database.exec(statement)
  database.close()
}

test('verify finds a log clean, or says where it is not', async () => {
  await runExample('run_a')
  await runExample('run_b')
  const clean = await cli.call('audit', 'verify', 'run_a')
  expect(clean).toMatchObject({ exitCode: 0, stderr: '' })
  expect(clean.stdout).toMatch(/^✓ run_a clean: \d+ events\n {2}head [0-9a-f]{64}\n/)
  expect((await cli.call('audit', 'verify', '--all')).stdout).toContain('all 2 logs are clean')

  sql("UPDATE events SET event = json_set(event, '$.at', 1) WHERE seq = 5 AND run = 1")
  const damaged = await cli.call('audit', 'verify', 'run_a')
  expect(damaged.exitCode).toBe(1)
  expect(damaged.stdout).toContain('changed: event 5 does not fit its hash')
  const all = await cli.call('audit', 'verify', '--all')
  expect(all.exitCode).toBe(1)
  expect(all.stdout).toContain('✓ run_b clean')
  expect(all.stdout).toContain('1 of 2 logs is damaged')
  const json = await cli.call('audit', 'verify', '--all', '--json')
  expect(json.exitCode).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({
    ok: false,
    audits: [
      { run: 'run_b', damage: [] },
      { run: 'run_a', damage: [{ kind: 'changed', seq: 5 }] },
    ],
  })
})

test('verify takes one run or all, a key that is public, and a hash that is one', async () => {
  await runExample('run_a')
  for (const args of [
    [],
    ['run_a', '--all'],
    ['--all', '--head', 'a'.repeat(64)],
    ['run_a', '--head', 'xyz'],
    ['run_a', '--key', '/nowhere.pem'],
    ['run_none'],
  ]) {
    expect(await cli.call('audit', 'verify', ...args), args.join(' ')).toMatchObject({
      exitCode: 2,
    })
  }
  const key = join(cli.folder, 'key.pem')
  await cli.call('audit', 'keygen', key)
  const refused = await cli.call('audit', 'verify', 'run_a', '--key', key)
  expect(refused).toMatchObject({ exitCode: 2 })
  expect(refused.stderr).toContain('it is a private key')
})

test('a key that keygen made seals runs, and its public half verifies them', async () => {
  const key = join(cli.folder, 'key.pem')
  expect((await cli.call('audit', 'keygen', key)).exitCode).toBe(0)
  expect(statSync(key).mode & 0o077).toBe(0)
  expect((await cli.call('audit', 'keygen', key)).exitCode).toBe(2)
  const home = { LOCKSTEP_HOME: join(cli.folder, '.lockstep') }
  const sealing = givenCli({ ...home, LOCKSTEP_SIGNING_KEY: key })
  await runExample('run_sealed', sealing)
  await runExample('run_plain')
  sealing.remove()
  const verify = (run: string): ReturnType<GivenCli['call']> =>
    cli.call('audit', 'verify', run, '--key', `${key}.pub`)
  expect(await verify('run_sealed')).toMatchObject({ exitCode: 0 })
  expect(await verify('run_plain')).toMatchObject({ exitCode: 1 })
})

test('export writes the log with its hashes, and the ledger that no spreadsheet runs', async () => {
  await runExample('run_a')
  const out = join(cli.folder, 'run.jsonl')
  expect(await cli.call('audit', 'export', 'last', '--out', out)).toMatchObject({ stdout: '' })
  const lines = readFileSync(out, 'utf8').trim().split('\n')
  const { events } = JSON.parse((await cli.call('runs', 'show', 'last', '--json')).stdout)
  expect(lines).toHaveLength(events)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    seq: 1,
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    event: { seq: 1, type: 'run.started' },
  })

  sql(`UPDATE events SET event = replace(event, 'every rule holds', '=1+1,\\"x\\"')`)
  const csv = (await cli.call('audit', 'export', 'last', '--format', 'csv')).stdout
  const [header, ...rows] = csv.trimEnd().split('\r\n')
  expect(header).toBe('seq,at,kind,by,branch,call,tool,gate,verdict,reason,facts,request')
  const ledger: unknown = JSON.parse((await cli.call('audit', 'ledger', 'last', '--json')).stdout)
  expect(rows).toHaveLength(Array.isArray(ledger) ? ledger.length : -1)
  expect(csv).toContain(`,allow,"'=1+1,""x""",`)
  expect(csv).not.toMatch(/(^|,)"?=/m)
  expect((await cli.call('audit', 'export', 'last', '--format', 'xml')).exitCode).toBe(2)
})

test('ledger shows who decided what and why, as wide as there is room', async () => {
  await runExample('run_a')
  const all = (await cli.call('audit', 'ledger', 'last')).stdout
  expect(all).toMatch(/^SEQ {2,}AFTER {2,}WHAT {2,}RULE {2,}TOOL {2,}WHO {2,}WHY\n/)
  expect(all).toMatch(/refuse +once +process_refund +kernel +One refund per order/)
  expect(all).toMatch(/tool\.dispatched +dispatch +process_refund +model/)
  const stopped = await cli.call('audit', 'ledger', 'last', '--objections', '--json')
  expect(JSON.parse(stopped.stdout)).toMatchObject([{ gate: 'once', verdict: 'refuse' }])
  const narrow = givenCli({ LOCKSTEP_HOME: join(cli.folder, '.lockstep'), COLUMNS: '40' })
  const lines = (await narrow.call('audit', 'ledger', 'last')).stdout.split('\n')
  narrow.remove()
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40)
  expect(lines.join(' ')).toContain('refuse · once · process_refund:')
})

test('ledger says of which sub-run an entry is, wide and narrow', async () => {
  const folder = join(EXAMPLE, '../06-parallel-investigations')
  const input = ['--input', `@${folder}/inputs/three.json`]
  const script = ['--script', `${folder}/scripts/three.yaml`]
  await cli.call('run', `${folder}/workflow.yaml`, ...input, ...script)
  const slim = givenCli({ LOCKSTEP_HOME: join(cli.folder, '.lockstep'), COLUMNS: '80' })
  const narrow = (await slim.call('audit', 'ledger', 'last')).stdout
  slim.remove()
  expect(narrow).toContain('allow · scope · find_invoice · look#1/1: legal in step find')
  const wide = givenCli({ LOCKSTEP_HOME: join(cli.folder, '.lockstep'), COLUMNS: '160' })
  const lines = (await wide.call('audit', 'ledger', 'last')).stdout
  wide.remove()
  expect(lines).toMatch(/find_invoice +kernel +look#1\/1: legal in step find/)
})
