import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { givenCli, type GivenCli } from '../given-cli.ts'

let cli: GivenCli
beforeEach(() => {
  cli = givenCli()
})
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  cli.remove()
})

function file(name: string, text: string): string {
  const path = join(cli.folder, name)
  writeFileSync(path, text)
  return path
}

describe('serve', () => {
  test('says how it is used', async () => {
    const { stdout, exitCode } = await cli.call('serve', '--help')
    expect(exitCode).toBe(0)
    for (const word of ['--workflows', '--keys', 'LOCKSTEP_PORT', 'lockstep keys create']) {
      expect(stdout).toContain(word)
    }
  })

  test.each([
    ['0.0.0.0 without keys', ['--host', '0.0.0.0'], /0\.0\.0\.0 is beyond loopback.*no keys/s],
    ['a keys file that is not there', ['--keys', 'none.json'], /no keys file none\.json/],
    ['no port', ['--port', 'http'], /--port: expected a port, 0 to 65535/],
    ['no workflow', ['--workflows', 'nowhere'], /no file or folder nowhere/],
    ['no script', ['--script', 'none.yaml'], /no script none\.yaml/],
    ['no settings', ['--config', 'none.yaml'], /cannot read none\.yaml/],
    ['no store', ['--store', 'mongodb://x'], /--store: expected a file that ends in \.db/],
  ])('%s: exit 2, and what to do', async (_, args, told) => {
    const { stderr, exitCode } = await cli.call('serve', ...args)
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(told)
  })

  test('a port that is taken: exit 2, and another way', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve)
    })
    const address = other.address()
    const port = typeof address === 'object' ? String(address?.port) : ''
    const { stderr, exitCode } = await cli.call('serve', '--port', port)
    other.close()
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/cannot listen on 127\.0\.0\.1:\d+.*EADDRINUSE/s)
    expect(stderr).toContain('another --port')
  })

  test('a keys file that is broken keeps it from starting', async () => {
    const keys = file('keys.json', '{"v":1,"keys":[{}]}')
    const { stderr, exitCode } = await cli.call('serve', '--keys', keys)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('keys.0.id')
  })

  test('every issue of every workflow is shown in its place', async () => {
    mkdirSync(join(cli.folder, 'flows'))
    file('flows/a.yaml', 'workflow: a\nsteps:\n  - { promt: x }\n')
    file('flows/b.yaml', 'workflow: b\nsteps:\n  - { prompt: x, next: nowhere }\n')
    const { stderr, exitCode } = await cli.call('serve', '-w', join(cli.folder, 'flows'))
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/a\.yaml:3/)
    expect(stderr).toMatch(/b\.yaml:3/)
  })
})

/** A server in a process of its own: where it listens, and how it ends. */
async function started(...args: readonly string[]) {
  const main = join(import.meta.dirname, '../main.ts')
  const env = { ...process.env, LOCKSTEP_HOME: join(cli.folder, '.lockstep') }
  const child = spawn(process.execPath, [main, 'serve', '--port', '0', ...args], { env })
  children.push(child)
  let told = ''
  child.stderr.on('data', (data: Buffer) => {
    told += data.toString()
  })
  child.stdout.on('data', (data: Buffer) => {
    told += data.toString()
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await expect.poll(() => told, { timeout: 30_000 }).toMatch(/listens on http:\S+/)
  const url = /listens on (http:\S+)/.exec(told)?.[1] ?? ''
  return { url, ended, kill: (signal: NodeJS.Signals) => child.kill(signal), told: () => told }
}

describe('a server process', () => {
  test('parks what is under way at SIGTERM, and the next one goes on with it', async () => {
    const flow = file('flow.yaml', 'workflow: slow\nsteps:\n  - prompt: Say something.\n')
    const slow = file('slow.yaml', '- { text: never, delay_ms: 600000 }\n')
    const quick = file('quick.yaml', '- { text: at last }\n')
    const first = await started(
      '-w',
      flow,
      '--script',
      slow,
      '--config',
      file('s.yaml', 'shutdown_seconds: 0\n'),
    )
    const body = JSON.stringify({ workflow: 'slow' })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${first.url}/v1/runs`, { method: 'POST', body, headers })
    expect(response.status).toBeLessThan(300)
    const { id }: { id: string } = JSON.parse(await response.text())
    first.kill('SIGTERM')
    expect(await first.ended).toBe(0)

    const second = await started('-w', flow, '--script', quick)
    const look = async () => {
      const answer = await fetch(`${second.url}/v1/runs/${id}`)
      return answer.text()
    }
    await expect.poll(look, { timeout: 10_000 }).toContain('"reason":"completed"')
    second.kill('SIGINT')
    expect(await second.ended).toBe(0)
  })

  test('leaves at once at the second signal', async () => {
    const flow = file('flow.yaml', 'workflow: slow\nsteps:\n  - prompt: Say something.\n')
    const slow = file('slow.yaml', '- { text: never, delay_ms: 600000 }\n')
    const server = await started('-w', flow, '--script', slow)
    const asked = fetch(`${server.url}/v1/responses`, {
      method: 'POST',
      body: JSON.stringify({ model: 'workflow/slow', input: 'x' }),
      headers: { 'content-type': 'application/json' },
    }).catch(() => null)
    await expect
      .poll(async () => (await fetch(`${server.url}/metrics`)).text())
      .toContain('lockstep_runs_under_way 1')
    server.kill('SIGTERM')
    await expect.poll(server.told).toContain('finishing what is under way')
    // Later than what counts as one key press.
    await new Promise((resolve) => {
      setTimeout(resolve, 500)
    })
    server.kill('SIGTERM')
    expect(await server.ended).toBe(143)
    await asked
  })
})

describe('keys', () => {
  test('are made, shown once, listed without their secrets, and revoked', async () => {
    const made = await cli.call('keys', 'create', '--tenant', 'acme', '--json')
    const { key, id, scopes }: { key: string; id: string; scopes: string[] } = JSON.parse(
      made.stdout,
    )
    expect(key).toMatch(/^lsk_/)
    expect(scopes).toEqual(['run', 'read'])
    const text = readFileSync(join(cli.folder, '.lockstep', 'keys.json'), 'utf8')
    expect(text).not.toContain(key)
    const listed = await cli.call('keys', 'list')
    expect(listed.stdout).toMatch(new RegExp(`${id} +good +acme +run,read`))
    expect(listed.stdout).not.toContain(key)
    expect((await cli.call('keys', 'list', '--json')).stdout).not.toContain('sha256')
    const pasted = await cli.call('keys', 'revoke', key)
    expect([pasted.exitCode, pasted.stderr.includes(key)]).toEqual([2, false])
    expect((await cli.call('keys', 'revoke', id)).exitCode).toBe(0)
    expect((await cli.call('keys', 'list')).stdout).toMatch(new RegExp(`${id} +revoked`))
  })

  test.each([
    ['no tenant', [], /--tenant/],
    ['a tenant that is none', ['--tenant', 'a~b'], /no name of a tenant/],
    ['a scope that is none', ['--tenant', 'a', '--scopes', 'run,root'], /"root" is no scope/],
    ['a time that is over', ['--tenant', 'a', '--expires', '2020-01-01'], /is over/],
    ['a time that is none', ['--tenant', 'a', '--expires', 'soon'], /is no time/],
    ['a rate that is none', ['--tenant', 'a', '--rate', '0'], /whole number from 1/],
  ])('%s: exit 2', async (_, args, told) => {
    const { stderr, exitCode } = await cli.call('keys', 'create', ...args)
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(told)
  })

  test('two holders of a tenant have two names', async () => {
    const create = () => cli.call('keys', 'create', '--tenant', 'acme', '--name', 'ana')
    expect((await create()).exitCode).toBe(0)
    const again = await create()
    expect(again.exitCode).toBe(2)
    expect(again.stderr).toContain('has the name ana already')
  })
})
