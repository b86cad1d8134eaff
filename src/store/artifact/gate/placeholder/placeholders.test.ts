import { describe, expect, test } from 'vitest'
import { gateArtifact } from '../artifact-gate.ts'
import { HONEST_DOCUMENTS } from './given-honest-documents.ts'
import { HONEST } from './given-honest.ts'
import { STUB_DOCUMENTS } from './given-stub-documents.ts'
import { STUBS } from './given-stubs.ts'

const BEFORE = '# Report\n\nThe third quarter went well, and sales grew.\n\n'
const AFTER = '\n\nThe fourth quarter will show whether that lasts.\n'

/** What the gate says of a text that nobody declared. */
function said(text: string): string {
  const gated = gateArtifact(text, { name: 'report', spec: {} })
  if (gated.ok) return 'stored'
  const { reason, findings } = gated.rejection
  return `${reason}: ${findings.map(({ message }) => message).join(' | ')}`
}

describe('every stub is refused', () => {
  test.each(STUBS)('%j alone', (text) => {
    expect(said(text)).toMatch(/^placeholder: /)
  })

  test.each(STUBS)('%j between honest paragraphs', (text) => {
    expect(said(`${BEFORE}${text}${AFTER}`)).toMatch(/^placeholder: /)
  })

  test.each(STUB_DOCUMENTS)('the document %j', (text) => {
    expect(said(text)).toMatch(/^placeholder: /)
  })
})

describe('no honest text is refused', () => {
  test.each(HONEST)('%j alone', (text) => {
    expect(said(text)).toBe('stored')
  })

  test.each(HONEST)('%j between honest paragraphs', (text) => {
    expect(said(`${BEFORE}${text}${AFTER}`)).toBe('stored')
  })

  test.each(HONEST_DOCUMENTS)('the document %j', (text) => {
    expect(said(text)).toBe('stored')
  })
})
