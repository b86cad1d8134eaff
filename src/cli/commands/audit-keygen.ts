import { generateKeyPairSync } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { messageOf } from '../../core/spec/message-of.ts'
import type { Cli } from '../cli.ts'
import { shellWord } from '../invocation.ts'
import { UsageError } from '../usage-error.ts'

const HELP = `
Examples:
  $ lockstep audit keygen signing.pem
  $ LOCKSTEP_SIGNING_KEY=signing.pem lockstep run refund.yaml …
  $ lockstep audit verify last --key signing.pem.pub

Keep the private key where whoever can write to the store cannot read it.`

/** `lockstep audit keygen FILE`: an Ed25519 key that seals logs, and FILE.pub that verifies them. */
export function auditKeygenCommand(cli: Cli): Command {
  return new Command('keygen')
    .description('make a key that seals logs')
    .argument('<file>', 'where the private key goes; the public one goes to FILE.pub')
    .addHelpText('after', HELP)
    .action((file: string) => keygen(cli, file))
}

function keygen(cli: Cli, file: string): void {
  const publicFile = `${file}.pub`
  const taken = [file, publicFile].find((path) => existsSync(path))
  if (taken !== undefined) {
    throw new UsageError(`${taken} is there already`, { advice: 'a key is never overwritten' })
  }
  const pair = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  try {
    writeFileSync(file, pair.privateKey, { mode: 0o600, flag: 'wx' })
    writeFileSync(publicFile, pair.publicKey, { flag: 'wx' })
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${messageOf(error)}`, { cause: error })
  }
  const { screen, command } = cli
  screen.entry({
    indent: 0,
    mark: '✓',
    markColor: 'green',
    body: `${file} seals, ${publicFile} verifies`,
  })
  screen.line(`  export LOCKSTEP_SIGNING_KEY=${shellWord(file)}`)
  screen.line(`  ${command} audit verify last --key ${shellWord(publicFile)}`)
}
