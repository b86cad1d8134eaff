import { z } from 'zod'
import { defineTool } from '../../src/index.ts'

const SUPPRESSED: ReadonlySet<string> = new Set(['no@example.com'])

/** Looks somebody up among those who asked not to be written to. */
export const is_suppressed = defineTool({
  about: 'Say whether somebody asked not to be written to.',
  input: z.object({ email: z.string() }),
  effect: 'read',
  execute: ({ email }) => ({ email, suppressed: SUPPRESSED.has(email) }),
})

/** Sends a mail; here it only says so. */
export const send_email = defineTool({
  about: 'Send an email.',
  input: z.object({ to: z.string(), subject: z.string(), body: z.string() }),
  effect: 'write',
  execute: ({ to }) => ({ sent: to }),
})
