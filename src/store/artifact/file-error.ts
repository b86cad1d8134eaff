import { messageOf } from '../../core/spec/message-of.ts'
import { ArtifactStoreError } from './artifact-store.ts'

/** What a person can do something about. */
const MEANINGS: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the quota of the disk is used up'],
  ['EROFS', 'the disk may not be written'],
  ['EACCES', 'this user may not read or write it'],
  ['EPERM', 'this user may not read or write it'],
  ['ENOTDIR', 'a part of the way there is a file, not a folder'],
  ['EEXIST', 'a part of the way there is a file, not a folder'],
  ['ELOOP', 'it is a link, and the artifact store follows none'],
  ['EIO', 'the disk failed'],
  ['EMFILE', 'this process has too many files open'],
])

/** Makes an ArtifactStoreError `failed` of what the file system threw, naming the path. */
export function fileError(error: unknown, path: string): ArtifactStoreError {
  if (error instanceof ArtifactStoreError) return error
  const said = messageOf(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const meaning = MEANINGS.get(code)
  const message = meaning === undefined ? said : `${meaning} (${said})`
  return new ArtifactStoreError('failed', `${path}: ${message}`, { cause: error })
}

/** True for an error of the file system with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
