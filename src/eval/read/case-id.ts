import { dirname, relative, resolve, sep } from 'node:path'
import type { EvalCase } from './eval-case.ts'

/** The folder that ids are paths from: that of their baseline, else the working folder. */
export function folderOf(baseline: string | undefined): string {
  return baseline === undefined ? resolve('') : dirname(resolve(baseline))
}

/** The id of a case: its file from a folder, with slashes, `#`, and its name; the same on every machine. */
export function caseId(each: EvalCase, from: string): string {
  return `${relative(from, each.file).split(sep).join('/')}#${each.name}`
}

/** The file that an id names, as a full path. */
export function placeOfId(id: string, from: string): string {
  return resolve(from, id.slice(0, id.indexOf('#')))
}
