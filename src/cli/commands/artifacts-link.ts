import { Command, InvalidArgumentError } from 'commander'
import type { ArtifactVersionRecord } from '../../core/log/record/artifact-record.ts'
import { artifactFileName } from '../../store/artifact/artifact-file-name.ts'
import type { ArtifactStore } from '../../store/artifact/artifact-store.ts'
import { writeJson, type Cli } from '../cli.ts'
import { shortTime, versionName } from '../display/artifact-words.ts'
import { readArtifactName } from '../find/find-artifact.ts'
import { homeLinkKey } from '../home/link-key.ts'
import { findInRun, gone, withArtifacts } from '../find/take-version.ts'
import { wholeNumber } from '../whole-number.ts'

interface LinkOptions {
  readonly version?: number
  readonly branch?: string
  readonly expires: number
  readonly base?: string
  readonly json?: true
}

const MAX_SECONDS = 7 * 24 * 60 * 60
const EXAMPLES = `
Anybody who has the link can download this one version until it expires; only a published one has a
link. In a bucket it is a presigned address of S3. Else it is the path on a server of Lockstep that
has the same key: LOCKSTEP_LINK_KEY (32 bytes in base64), or link.key in LOCKSTEP_HOME.

Examples:
  $ lockstep artifacts link last letter
  $ lockstep artifacts link last letter --expires 600 --base https://agents.example.com`

/** `lockstep artifacts link RUN NAME`: a signed link that expires. */
export function artifactsLinkCommand(cli: Cli): Command {
  return new Command('link')
    .description('make a signed link that expires, to download a version')
    .argument('<run>', 'its id, the beginning of it, or `last`')
    .argument('<name>', 'the artifact: letter, or letter@2 for a version')
    .option('--version <number>', 'which version; the newest published one', wholeNumber)
    .option('--branch <sub-run>', 'of which sub-run, where several wrote it')
    .option('--expires <seconds>', `how long it lives, at most ${MAX_SECONDS}`, seconds, 3600)
    .option('--base <url>', 'the address of the server, put before the path')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((run: string, name: string, options: LinkOptions) => link(cli, { run, name, options }))
}

function seconds(text: string): number {
  const value = wholeNumber(text)
  if (value <= MAX_SECONDS) return value
  throw new InvalidArgumentError(`a link lives for ${MAX_SECONDS} seconds (7 days) at most.`)
}

async function link(
  cli: Cli,
  asked: { readonly run: string; readonly name: string; readonly options: LinkOptions },
): Promise<void> {
  const { run: given, name, options } = asked
  const { expires, base, json, ...which } = options
  const wanted = { ...readArtifactName(name), ...which, unpublished: false }
  const found = await findInRun(cli.env, { run: given, wanted })
  const { run, version } = found
  const made = await withArtifacts(cli.env, async (store) => {
    const now = Date.now()
    const stored = await store.find(version.digest, { now })
    if (stored === null) throw gone(version)
    // No longer than there is something to download.
    const expiresAt = Math.min(now + expires * 1000, stored.expiresAt ?? Infinity)
    return { expiresAt, url: await linkTo(cli, store, { ...found, now, expiresAt }) }
  })
  const whole = made.url.startsWith('/') && base !== undefined
  const url = whole ? `${base.replace(/\/+$/, '')}${made.url}` : made.url
  const until = new Date(made.expiresAt).toISOString()
  if (json === true) return writeJson(cli, { run, ...version, url, link_expires_at: until })
  // Never wrapped: it is to be copied.
  cli.stdout.write(`${url}\n`)
  const where = url.startsWith('/') ? '; the path on your server: --base URL puts it before' : ''
  const what = versionName(version.artifact, version.version)
  const body = `${what}, until ${shortTime(made.expiresAt)}${where}`
  cli.aside.entry({ indent: 0, mark: '✓', markColor: 'green', body })
}

/** The bucket's own where it gives one, else a path that this home's key signs. */
async function linkTo(
  cli: Cli,
  store: ArtifactStore,
  on: {
    readonly run: string
    readonly version: ArtifactVersionRecord
    readonly now: number
    readonly expiresAt: number
  },
): Promise<string> {
  const { run, version, now, expiresAt } = on
  const { artifact, version: number, digest, type } = version
  const filename = artifactFileName(version)
  if (store.link !== undefined) {
    const url = await store.link(digest, { now, expiresAt, filename })
    if (url === null) throw gone(version)
    return url
  }
  const { signLink } = await import('../../store/artifact/signed-link.ts')
  const claims = { run, artifact, version: number, digest, type, name: filename, expiresAt }
  return signLink({ ...claims, key: homeLinkKey(cli.env) })
}
