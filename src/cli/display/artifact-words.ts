import { oneLine } from './plain-text.ts'

/** Names a version: `letter v2`. */
export function versionName(artifact: string, version: number): string {
  return `${oneLine(artifact)} v${version}`
}

/** `1,234 characters`. */
export function characters(many: number): string {
  return `${many.toLocaleString('en')} ${many === 1 ? 'character' : 'characters'}`
}

/** A time as `2026-11-21T11:03:20Z`. */
export function shortTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')
}
