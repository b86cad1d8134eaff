import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { ArtifactLimits } from './artifact-limits.ts'
import { ArtifactStoreError, type ArtifactStore } from './artifact-store.ts'
import { isHex } from './content-address.ts'
import { createArtifactStore } from './create-artifact-store.ts'
import { decodeHead, encodeHead, HEAD_BYTES } from './file-content.ts'
import { fileError, hasCode } from './file-error.ts'
import { decodeExpiry, encodeExpiry, type Copy, type Label, type Shelf } from './shelf.ts'

/**
 * Holds the content of artifacts in a folder, which is made at the first put: one file a content,
 * `sha256/AB/DIGEST.EXPIRY`, for its owner's eyes only. Several processes may share it. A file appears
 * by a rename, after it and before its folder is synced, so it is whole or not there, also after
 * kill -9 or a power cut. Nothing but digests becomes a path, and links inside the folder are
 * refused, never followed (S4.24).
 */
export function fileArtifacts(folder: string, limits?: ArtifactLimits): ArtifactStore {
  if (folder === '' || folder.includes('\0')) {
    const message = `${JSON.stringify(folder)} is no folder for artifacts`
    throw new ArtifactStoreError('bad_configuration', message)
  }
  return createArtifactStore(new FileShelf(resolve(folder)), limits)
}

const FAN = /^[0-9a-f]{2}$/
const FAN_CHARS = 2
const DRAFT = /^\.(\d{1,16})-[0-9a-f-]{36}\.tmp$/
/** A draft older than this is nobody's any more. */
const DRAFT_MS = 60 * 60 * 1000
const OWNER_FILE = 0o600
const OWNER_FOLDER = 0o700

class FileShelf implements Shelf {
  readonly #contents: string

  constructor(root: string) {
    this.#contents = join(root, 'sha256')
  }

  async copies(hex: string): Promise<readonly Copy[]> {
    const names = await this.#names(this.#folderOf(hex))
    return names.flatMap((name) => {
      const copy = toCopy(name)
      return copy?.hex === hex ? [copy] : []
    })
  }

  async label(copy: Copy): Promise<Label | null> {
    return this.#withFile(copy, async (file, path) => {
      const { size } = await file.stat()
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
      return decodeHead(buffer.subarray(0, bytesRead), { size, path }).label
    })
  }

  async read(copy: Copy): Promise<{ readonly label: Label; readonly body: Uint8Array } | null> {
    return this.#withFile(copy, async (file, path) => {
      const whole = await file.readFile()
      const { label, start } = decodeHead(whole, { size: whole.length, path })
      return { label, body: whole.subarray(start) }
    })
  }

  async write(
    copy: Copy,
    content: { readonly label: Label; readonly body: Uint8Array; readonly now: number },
  ): Promise<void> {
    const path = this.place(copy)
    const folder = dirname(path)
    const draft = join(folder, `.${content.now}-${randomUUID()}.tmp`)
    try {
      await makeFolder(folder)
      await this.#assertFolder(folder)
      await writeDraft(draft, [encodeHead(content.label), content.body])
      await rename(draft, path)
      await syncFolder(folder)
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {})
      throw fileError(error, path)
    }
  }

  async remove(copy: Copy): Promise<void> {
    const path = this.place(copy)
    try {
      await this.#assertFolder(dirname(path))
      await rm(path, { force: true })
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw fileError(error, path)
    }
  }

  async *all(): AsyncGenerator<Copy> {
    for (const folder of await this.#folders()) {
      for (const name of await this.#names(folder)) {
        const copy = toCopy(name)
        if (copy !== null && this.#folderOf(copy.hex) === folder) yield copy
      }
    }
  }

  async tidy(now: number): Promise<void> {
    for (const folder of await this.#folders()) {
      for (const name of await this.#names(folder)) {
        const begun = DRAFT.exec(name)?.[1]
        if (begun === undefined || now - Number(begun) < DRAFT_MS) continue
        const path = join(folder, name)
        await rm(path, { force: true }).catch((error: unknown) => {
          throw fileError(error, path)
        })
      }
    }
  }

  place(copy: Copy): string {
    return join(this.#folderOf(copy.hex), `${copy.hex}.${encodeExpiry(copy.expiresAt)}`)
  }

  async close(): Promise<void> {}

  #folderOf(hex: string): string {
    return join(this.#contents, hex.slice(0, FAN_CHARS))
  }

  async #folders(): Promise<readonly string[]> {
    const names = await this.#names(this.#contents)
    return names.filter((name) => FAN.test(name)).map((name) => join(this.#contents, name))
  }

  /** Nothing is in a folder that is not there. */
  async #names(folder: string): Promise<readonly string[]> {
    try {
      await this.#assertFolder(folder)
      return await readdir(folder)
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return []
      throw fileError(error, folder)
    }
  }

  /** The root may be a link, its owner chose it; below it every folder is one of ours. */
  async #assertFolder(folder: string): Promise<void> {
    const ours = folder === this.#contents ? [folder] : [this.#contents, folder]
    for (const path of ours) {
      if ((await lstat(path)).isDirectory()) continue
      const message = `${path} is no folder, and the artifact store follows no links`
      throw new ArtifactStoreError('failed', message)
    }
  }

  async #withFile<Read>(
    copy: Copy,
    use: (file: FileHandle, path: string) => Promise<Read>,
  ): Promise<Read | null> {
    const path = this.place(copy)
    try {
      await this.#assertFolder(dirname(path))
      await assertFile(path)
      const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
      try {
        return await use(file, path)
      } finally {
        await file.close()
      }
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return null
      throw fileError(error, path)
    }
  }
}

/**
 * With its parents, each of them synced, so that a power cut does not lose the way to a content. Not by
 * the file system's own `recursive`, which never ends where a parent that is there cannot have folders.
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path)
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    await makeOne(path)
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: OWNER_FOLDER })
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return
    throw error
  }
  await syncFolder(dirname(path))
}

/** Windows has no O_NOFOLLOW, and opening a pipe would wait for ever. */
async function assertFile(path: string): Promise<void> {
  if ((await lstat(path)).isFile()) return
  const message = `${path} is no file, and the artifact store follows no links`
  throw new ArtifactStoreError('failed', message)
}

function toCopy(name: string): Copy | null {
  const at = name.indexOf('.')
  const hex = name.slice(0, Math.max(at, 0))
  const expiresAt = decodeExpiry(name.slice(at + 1))
  return isHex(hex) && expiresAt !== undefined ? { hex, expiresAt } : null
}

async function writeDraft(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'wx', OWNER_FILE)
  try {
    for (const part of parts) await file.writeFile(part)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Windows keeps its folders by itself and opens none. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, constants.O_RDONLY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
