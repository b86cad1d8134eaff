import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { messageOf } from '../../core/spec/message-of.ts'
import { caseFile, type CaseFile } from './case-file.ts'
import { checkCases, placeIn } from './check-cases.ts'

const FORMATS = 'gate-cases/1, gate-cases/1 agentdojo, args-cases/1, recorded/1'
const SHOWN_FAULTS = 20

/**
 * Reads a file of cases: `gate-cases/1` (also of suites), `args-cases/1`, or recorded runs as JSON
 * Lines. Rejects with an Error that names the file, each case and event that is wrong, and what
 * would be legal.
 */
export async function readCaseFile(path: string): Promise<CaseFile> {
  if (!existsSync(path)) throw new Error(`there is no file ${path}`)
  const text = await readFile(path, 'utf8')
  const lines = path.endsWith('.jsonl')
  const value: unknown = lines
    ? { format: 'recorded/1', runs: readLines(text, path) }
    : readJson(text, path)
  const parsed = caseFile.safeParse(value)
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => {
      const place = placeIn(value, issue.path)
      return place === '' ? issue.message : `${place}: ${issue.message}`
    })
    const isOther = parsed.error.issues.some(
      ({ path: [first] }) => first === undefined || first === 'format',
    )
    const formats = isOther ? `; formats: ${FORMATS}` : ''
    throw new Error(`${path} is no file of cases:${listed(faults)}${formats}`)
  }
  const faults = checkCases(parsed.data)
  if (faults.length > 0) throw new Error(`${path} cannot be replayed:${listed(faults)}`)
  return parsed.data
}

function listed(faults: readonly string[]): string {
  if (faults.length === 1) return ` ${faults[0] ?? ''}`
  const more = faults.length - SHOWN_FAULTS
  const last = more > 0 ? [`and ${more} more`] : []
  return [...faults.slice(0, SHOWN_FAULTS), ...last].map((fault) => `\n  ${fault}`).join('')
}

function readJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`${place} is no JSON: ${messageOf(cause)}`, { cause })
  }
}

function readLines(text: string, path: string): readonly unknown[] {
  const lines = text.split('\n').map((line, index) => ({ line, place: `${path}:${index + 1}` }))
  return lines.flatMap(({ line, place }) => (line.trim() === '' ? [] : [readJson(line, place)]))
}
