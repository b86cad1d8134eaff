/** What no file name may hold anywhere: paths, quotes, controls, and what Windows reserves. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}"'\\/:*?<>|;%]/gu
const NOT_ASCII = /[^\u0020-\u007e]/gu
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i
const MAX_CHARS = 200
const RFC_5987 = /[!'()*]/g

/**
 * The header `content-disposition` that makes a browser save a content under a name and never show it
 * (RFC 6266). Whatever the name holds, it stays one file name: paths, quotes, line ends and text that
 * turns direction become `_`, as do names of devices; a name of nothing else is `artifact`.
 */
export function toContentDisposition(filename: string): string {
  const plain = Array.from(filename.toWellFormed().replaceAll(UNSAFE, '_'))
    .slice(0, MAX_CHARS)
    .join('')
  const trimmed = plain.replace(/^[\s.]+/, '').replace(/[\s.]+$/, '')
  const named = trimmed === '' ? 'artifact' : trimmed
  const name = DEVICE.test(named) ? `_${named}` : named
  const ascii = name.replaceAll(NOT_ASCII, '_')
  if (ascii === name) return `attachment; filename="${name}"`
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeRfc5987(name)}`
}

function encodeRfc5987(name: string): string {
  return encodeURIComponent(name).replaceAll(RFC_5987, percentOf)
}

function percentOf(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`
}
