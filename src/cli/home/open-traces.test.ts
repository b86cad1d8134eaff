import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { givenCli, type GivenCli } from '../given-cli.ts'

function withWorkflow(env: Readonly<Record<string, string>>): {
  readonly cli: GivenCli
  readonly run: readonly string[]
} {
  const cli = givenCli(env)
  onTestFinished(() => cli.remove())
  const workflow = join(cli.folder, 'hello.yaml')
  const script = join(cli.folder, 'script.yaml')
  writeFileSync(workflow, 'workflow: hello\nsteps: [{ name: greet, prompt: Say hello. }]\n')
  writeFileSync(script, '- text: hello\n')
  return { cli, run: ['run', workflow, '--script', script] }
}

/** What a collector is sent, and at which address it listens. */
async function collector(): Promise<{ readonly url: string; readonly bodies: readonly string[] }> {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      bodies.push(body)
      response.writeHead(200).end('{}')
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, bodies }
}

test.each(['LOCKSTEP_OTLP', 'OTEL_EXPORTER_OTLP_ENDPOINT'])(
  'a command that ends has sent its trace to the collector of %s',
  async (variable) => {
    const { url, bodies } = await collector()
    const { cli, run } = withWorkflow({ [variable]: url, OTEL_SERVICE_NAME: 'desk' })
    const { exitCode } = await cli.call(...run)
    expect(exitCode).toBe(0)
    expect(bodies).toHaveLength(1)
    expect(bodies[0]).toContain('"invoke_workflow hello"')
    expect(bodies[0]).toContain('"desk"')
  },
)

test('a collector’s address that is none is a usage error, before anything runs', async () => {
  const { cli, run } = withWorkflow({ LOCKSTEP_OTLP: 'collector:4318' })
  const { exitCode, stderr } = await cli.call(...run)
  expect(exitCode).toBe(2)
  expect(stderr).toContain('LOCKSTEP_OTLP must be the http:// or https:// address of a collector')
  expect((await cli.call('runs', 'list')).stdout).not.toContain('hello')
})
