/*
 * The entry of the command line. It leaves once whatever was written has arrived: a tool that does
 * not heed its signal, or a provider's open connection, must not hold it.
 */
import { createCli } from './cli.ts'
import { runCli } from './program.ts'

/** Warnings of Node that a user of workflows can do nothing about. */
const QUIET = new Set(['MODULE_TYPELESS_PACKAGE_JSON'])

process.removeAllListeners('warning')
process.on('warning', (warning) => {
  const code: unknown = Reflect.get(warning, 'code')
  if (typeof code === 'string' && QUIET.has(code)) return
  if (warning.name === 'ExperimentalWarning') return
  process.stderr.write(`${warning.name}: ${warning.message}\n`)
})
// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

const { stdout, stderr, env } = process
const cli = createCli({ stdout, stderr, env })
await runCli(cli, process.argv.slice(2))
process.exitCode = cli.exitCode
await Promise.all([flushed(stdout), flushed(stderr)])
process.exit()

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve())
  })
}
