import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { S3_KEYS, startS3Server, type S3Server } from '../../../test/fixtures/s3-server.ts'
import { readLink } from '../../store/artifact/signed-link.ts'
import { givenCli } from '../given-cli.ts'
import { homeLinkKey } from '../home/link-key.ts'

const WORKFLOW = `
workflow: letter
artifacts:
  letter:
    about: A letter.
    compose: { prompt: Write. }
    rules: { min_chars: 10 }
    verify: { prompt: Score., pass: 7, attempts: 2 }
  note: { ttl: 60 }
steps:
  write: { prompt: Have it written., write: [letter, note], next: [{ to: end }] }
  end: { prompt: Finish., tools: [finish] }
`
const DULL = 'Dear Ada, it is dull.\n'
const GOOD = 'Dear Ada, it is good: \u00e4\u{1f600}\n'
const letter = '- { call: store_artifact, args: { name: letter } }'
const composed = (text: string): string =>
  `- { when: { role: composer }, text: ${JSON.stringify(text)} }`
const scored = (score: number): string =>
  `- { when: { role: verifier }, output: { score: ${score}, feedback: cold } }`
const note = '- { call: store_artifact, args: { name: note, content: A note. } }'
const done = ['- text: written', '- { call: finish, args: { summary: done } }']

const cli = givenCli()
const file = join(cli.folder, 'workflow.yaml')
const home = join(cli.folder, '.lockstep')

async function play(id: string, entries: readonly string[]): Promise<string> {
  const script = join(cli.folder, `${id}.yaml`)
  writeFileSync(script, entries.join('\n'))
  const { stdout } = await cli.call('run', file, '--script', script, '--id', id)
  return stdout
}

let shown = ''
beforeAll(async () => {
  writeFileSync(file, WORKFLOW)
  shown = await play('good', [
    letter,
    composed(DULL),
    scored(3),
    letter,
    composed(GOOD),
    scored(8),
    note,
    ...done,
  ])
  await play('bad', [letter, composed(DULL), scored(3), letter, composed(DULL), scored(2)])
})
afterAll(() => cli.remove())

test('a run ends with what it wrote and how to read it; `runs show` says the same', async () => {
  expect(shown).toContain('wrote letter v2 25 characters')
  expect(shown).toContain('lockstep artifacts get good letter\n')
  const again = await cli.call('runs', 'show', 'good')
  expect(again.stdout).toContain('wrote letter v2 25 characters')
})

describe('list', () => {
  test('every version and how it stands', async () => {
    const { stdout } = await cli.call('artifacts', 'list', 'good')
    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 4))
    expect(rows.slice(0, 3)).toEqual([
      ['ARTIFACT', 'VERSION', 'STATUS', 'SCORE'],
      ['letter', '1', 'unpublished', '3'],
      ['letter', '2', 'published', '8'],
    ])
    expect(rows[3]?.slice(0, 3)).toEqual(['note', '1', 'published'])
  })

  test('as JSON', async () => {
    const { stdout } = await cli.call('artifacts', 'list', 'good', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      run: 'good',
      artifacts: [
        { artifact: 'letter', version: 1, status: 'unpublished', score: 3 },
        { version: 2 },
        { artifact: 'note', expires_at: expect.any(Number) },
      ],
    })
  })
})

describe('get', () => {
  test('the newest published version, byte for byte in a pipe', async () => {
    const { stdout, exitCode } = await cli.call('artifacts', 'get', 'good', 'letter')
    expect([stdout, exitCode]).toEqual([GOOD, 0])
  })

  test.each([
    ['--version', ['letter', '--version', '1']],
    ['NAME@VERSION', ['letter@1']],
    ['a reference', ['ref:artifact/letter@1']],
  ])('S4.8: by %s, an unpublished one only where that is said', async (_, args) => {
    const refused = await cli.call('artifacts', 'get', 'good', ...args)
    expect(refused).toMatchObject({ stdout: '', exitCode: 2 })
    expect(refused.stderr).toContain('letter version 1 is not published: its verifier gave it 3')
    expect(refused.stderr).toContain('--unpublished')
    const taken = await cli.call('artifacts', 'get', 'good', ...args, '--unpublished')
    expect(taken.stdout).toBe(DULL)
  })

  test('to a file, in the place of what was there and with nothing left beside it', async () => {
    const folder = join(cli.folder, 'out')
    mkdirSync(folder)
    const out = join(folder, 'letter.md')
    writeFileSync(out, 'old')
    const { stdout, stderr } = await cli.call('artifacts', 'get', 'good', 'letter', '-o', out)
    expect(stdout).toBe('')
    expect(stderr).toContain('letter v2 is in')
    expect(readFileSync(out, 'utf8')).toBe(GOOD)
    expect(readdirSync(folder)).toEqual(['letter.md'])
    const lost = await cli.call('artifacts', 'get', 'good', 'letter', '-o', join(folder, 'no', 'x'))
    expect(lost).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('cannot write') })
  })

  test('as JSON, with the content', async () => {
    const { stdout } = await cli.call('artifacts', 'get', 'good', 'letter', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ run: 'good', version: 2, content: GOOD })
  })

  test.each([
    [['nope', 'letter'], 'there is no run nope'],
    [['good', 'leter'], 'did you mean letter?'],
    [['good', 'letter@7'], 'letter has no version 7; it has 1, 2'],
    [['bad', 'letter'], 'letter version 2 is not published: its verifier gave it 2 of 10'],
    [['good', 'letter', '--branch', 'x'], 'no sub-run x wrote letter'],
  ])('%j: says what there is', async (args, message) => {
    const { stderr, exitCode } = await cli.call('artifacts', 'get', ...args)
    expect(stderr).toContain(message)
    expect(exitCode).toBe(2)
  })

  test('a content that is not there says where it is looked for', async () => {
    const other = givenCli({ LOCKSTEP_HOME: home, LOCKSTEP_ARTIFACTS: join(cli.folder, 'other') })
    const { stderr } = await other.call('artifacts', 'get', 'good', 'letter')
    other.remove()
    expect(stderr).toContain('letter version 2 is not in the store of artifacts')
    expect(stderr).toContain('LOCKSTEP_ARTIFACTS')
  })
})

describe('link', () => {
  test('is genuine, for this version alone, and dies', async () => {
    const { stdout } = await cli.call(
      'artifacts',
      'link',
      'good',
      'letter',
      '--expires',
      '60',
      '--json',
    )
    const { url, link_expires_at: until } = JSON.parse(stdout)
    const keys = [homeLinkKey({ LOCKSTEP_HOME: home })]
    expect(readLink(url, { keys, now: Date.parse(until) - 1 })).toMatchObject({
      ok: true,
      claims: { run: 'good', artifact: 'letter', version: 2, name: 'letter-v2.md' },
    })
    expect(readLink(url, { keys, now: Date.parse(until) })).toMatchObject({ reason: 'expired' })
  })

  test('Law 17: its key is made for its owner alone, kept, and never shown', async () => {
    await cli.call('artifacts', 'link', 'good', 'letter')
    const key = join(home, 'link.key')
    expect(statSync(key).mode & 0o777).toBe(0o600)
    const secret = readFileSync(key, 'utf8').trim()
    const { stdout, stderr } = await cli.call('artifacts', 'link', 'good', 'letter')
    expect(stdout).toContain('/artifacts/sha256:')
    expect(`${stdout}${stderr}`).not.toContain(secret)
    expect(readFileSync(key, 'utf8').trim()).toBe(secret)
  })

  test('outlives nothing: not the content that it leads to', async () => {
    const list = await cli.call('artifacts', 'list', 'good', '--json')
    const kept: unknown = JSON.parse(list.stdout).artifacts[2].expires_at
    const { stdout } = await cli.call('artifacts', 'link', 'good', 'note', '--json')
    expect(Date.parse(JSON.parse(stdout).link_expires_at)).toBe(kept)
  })

  test('the address of a server goes before the path', async () => {
    const base = 'https://agents.example.com/'
    const { stdout } = await cli.call('artifacts', 'link', 'good', 'letter', '--base', base)
    expect(stdout).toMatch(/^https:\/\/agents\.example\.com\/artifacts\/sha256:\S+\n$/)
  })

  test('none for what is not published, nor with a key that is none or a life of years', async () => {
    const withheld = await cli.call('artifacts', 'link', 'bad', 'letter')
    expect(withheld).toMatchObject({ stdout: '', exitCode: 2 })
    expect(withheld.stderr).toContain('is not published')
    const weak = givenCli({ LOCKSTEP_HOME: home, LOCKSTEP_LINK_KEY: 'c2hvcnQ=' })
    const refused = await weak.call('artifacts', 'link', 'good', 'letter')
    weak.remove()
    expect(refused.stderr).toContain('LOCKSTEP_LINK_KEY has 5 bytes')
    expect(refused.stderr).not.toContain('c2hvcnQ=')
    const years = await cli.call('artifacts', 'link', 'good', 'letter', '--expires', '99999999')
    expect(years.stderr).toContain('7 days')
  })
})

test('a sweep deletes what has expired and nothing else', async () => {
  const { stdout } = await cli.call('artifacts', 'sweep', '--json')
  expect(JSON.parse(stdout)).toEqual({ deleted: 0 })
  expect((await cli.call('artifacts', 'get', 'good', 'note')).stdout).toBe('A note.')
})

test('where nothing was good enough, the next command reads the best version', async () => {
  const { stdout } = await cli.call('runs', 'show', 'bad')
  expect(stdout).toContain('verification_failed')
  const [, command = ''] = /lockstep (artifacts get .*)\n/.exec(stdout) ?? []
  expect(command).toBe('artifacts get bad letter@1 --unpublished')
  expect((await cli.call(...command.split(' '))).stdout).toBe(DULL)
})

test('three rejections: why, and how to see what the composer is sent', async () => {
  const short = [letter, composed('short')]
  const stdout = await play('stuck', [...short, ...short, ...short])
  expect(stdout).toContain('store_artifact_loop_abort')
  const [, command = ''] = /lockstep (prompt .*)\n/.exec(stdout) ?? []
  expect(command).toBe('prompt WORKFLOW.yaml --step write --role composer')
  const sent = await cli.call(
    ...command.replace('WORKFLOW.yaml', file).split(' '),
    '--artifact',
    'letter',
  )
  expect(sent.stdout).toContain('# Write: letter')
})

test('doctor says where artifacts go, and whether they can', async () => {
  const fine = await cli.call('doctor', '--json')
  const named = {
    name: 'artifacts',
    ok: true,
    message: expect.stringMatching(/artifacts is writable/),
  }
  expect(JSON.parse(fine.stdout).findings).toContainEqual(named)
  const astray = givenCli({ LOCKSTEP_ARTIFACTS: 'ftp://somewhere' })
  const { stdout } = await astray.call('doctor')
  astray.remove()
  expect(stdout).toContain('✗ artifacts         ftp://somewhere')
})

describe('in a bucket', () => {
  let server: S3Server | null = null
  afterAll(() => server?.close())

  test('a run writes there, it is read from there, and the bucket itself gives the link', async () => {
    server = await startS3Server('reports')
    const far = givenCli({
      LOCKSTEP_HOME: home,
      LOCKSTEP_ARTIFACTS: 's3://reports/cli',
      LOCKSTEP_S3_ENDPOINT: server.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
    })
    const kept = join(home, 'artifacts')
    const before = readdirSync(kept, { recursive: true })
    const script = join(cli.folder, 'good.yaml')
    await far.call('run', file, '--script', script, '--id', 'far')
    expect((await far.call('artifacts', 'get', 'far', 'letter')).stdout).toBe(GOOD)
    const { stdout } = await far.call('artifacts', 'link', 'far', 'letter')
    expect(stdout).toContain('X-Amz-Signature=')
    expect(await (await fetch(stdout.trim())).text()).toBe(GOOD)
    expect((await far.call('doctor')).stdout).toContain(
      '✓ artifacts         s3://reports/cli answers',
    )
    expect(readdirSync(kept, { recursive: true })).toEqual(before)
    far.remove()
  })
})
