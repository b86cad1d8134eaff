import type { ArtifactVersionRecord } from '../../core/log/record/artifact-record.ts'

const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ['text/markdown', '.md'],
  ['text/html', '.html'],
  ['text/csv', '.csv'],
  ['application/json', '.json'],
])

/** The name of the file that a version is downloaded as: `letter-v2.md`; a name that has its ending keeps it at the end. */
export function artifactFileName({
  artifact,
  version,
  type,
}: Pick<ArtifactVersionRecord, 'artifact' | 'version' | 'type'>): string {
  const essence = type.split(';')[0]?.trim() ?? ''
  const ending = /\.[A-Za-z0-9]{1,8}$/.exec(artifact)?.[0] ?? EXTENSIONS.get(essence) ?? '.txt'
  const stem = artifact.endsWith(ending) ? artifact.slice(0, -ending.length) : artifact
  return `${stem.slice(0, 100)}-v${version}${ending}`
}
