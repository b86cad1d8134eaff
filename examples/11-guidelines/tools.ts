import type { ToolDefinition } from '../../src/index.ts'

/*
 * Who must not be written to, and a mailbox that only says what it would send.
 */

const SUPPRESSED: ReadonlySet<string> = new Set(['no@example.com'])
const text = { type: 'string' }

export const is_suppressed: ToolDefinition<{ readonly email: string }> = {
  about: 'Say whether somebody asked not to be written to.',
  effect: 'read',
  input: { type: 'object', required: ['email'], properties: { email: text } },
  execute: ({ email }) => ({ email, suppressed: SUPPRESSED.has(email) }),
}

export const send_email: ToolDefinition<{ readonly to: string }> = {
  about: 'Send an email.',
  effect: 'write',
  input: {
    type: 'object',
    required: ['to', 'subject', 'body'],
    properties: { to: text, subject: text, body: text },
  },
  execute: ({ to }) => ({ sent: to }),
}
