import { join } from 'node:path'
import { createClient, type Client, type ResponseResult } from '../../src/client.ts'
import { createLog, createServer } from '../../src/server.ts'
import { readScript, scriptedMind } from '../../src/testing.ts'

/*
 * Tools that run at the caller's: the server has the model and the steps, this process has the CRM.
 * The server holds nothing while a tool runs; what it needs to go on travels with the request.
 */

interface Contact {
  readonly id: number
  readonly name: string
  readonly role: string
  readonly asked: string
}

/** Somebody's CRM, in this process and nowhere else. */
const contacts = new Map<string, Contact>([
  ['sarah@acme.example', { id: 7, name: 'Sarah Chen', role: 'VP of Engineering', asked: 'Kafka' }],
])

export interface FollowUp {
  readonly result: ResponseResult
  /** What was written into the CRM. */
  readonly notes: readonly string[]
  /** What the client told while it worked. */
  readonly progress: readonly string[]
}

const STEPS = [
  { prompt: 'Look up {{leads}} in our CRM.', tools: ['crm_lookup'] },
  { prompt: 'Draft a follow-up to the one who asked something.', tools: [] },
  { prompt: 'Leave a note in the CRM.', tools: ['crm_note'] },
]

/** Asks a server for three steps, with the CRM as tools of the caller (S0.41). */
async function ask({ responses }: Client): Promise<FollowUp> {
  const notes: string[] = []
  const progress: string[] = []
  const leads = 'sarah@acme.example and nobody@acme.example'
  const result = await responses.create(
    {
      steps: STEPS,
      inputs: { leads },
      tools: {
        crm_lookup: {
          description: 'Find a contact in our CRM',
          parameters: {
            type: 'object',
            properties: { email: { type: 'string' } },
            required: ['email'],
          },
          execute({ email }) {
            const found = contacts.get(email)
            if (found === undefined) throw new Error(`no contact has the address ${email}`)
            return found
          },
        },
        crm_note: {
          description: 'Write a note to a contact',
          parameters: {
            type: 'object',
            properties: { id: { type: 'integer' }, note: { type: 'string' } },
            required: ['id', 'note'],
          },
          execute({ id, note }) {
            notes.push(`${id}: ${note}`)
            return { written: true }
          },
        },
      },
    },
    {
      onProgress(told) {
        if (told.type === 'tool.returned') progress.push(`${told.tool} returned`)
        if (told.type === 'tool.failed') progress.push(told.message)
      },
    },
  )
  return { result, notes, progress }
}

/** The same with a server of its own, whose model follows a script. */
export async function followUp(): Promise<FollowUp> {
  const script = await readScript(join(import.meta.dirname, 'scripts/follow-up.yaml'))
  if (!script.ok) throw new Error(JSON.stringify(script.issues))
  const server = createServer({
    mind: scriptedMind(script.script),
    model: 'scripted/follow-up',
    log: createLog({ level: 'silent' }),
  })
  const { url } = await server.listen({ port: 0 })
  try {
    return await ask(createClient({ baseURL: url }))
  } finally {
    await server.close()
  }
}

if (import.meta.main) {
  const { result, notes, progress } = await followUp()
  for (const line of progress) process.stdout.write(`  ${line}\n`)
  for (const { order, text } of result.steps) process.stdout.write(`${order}. ${text}\n`)
  for (const note of notes) process.stdout.write(`CRM note ${note}\n`)
}
