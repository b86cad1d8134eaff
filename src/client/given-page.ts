import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, resolve } from 'node:path'
import { createContext, SourceTextModule, type Context } from 'node:vm'

/*
 * A page of a browser, as far as the client may see it: a context of its own with web globals and
 * nothing else, into which the door's modules are loaded as they are. Runs as a program of its own
 * (node --experimental-vm-modules) and writes what came of it as JSON.
 */

const WEB = {
  AbortController,
  AbortSignal,
  Headers,
  ReadableStream,
  Response,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  clearTimeout,
  crypto,
  setTimeout,
}

const PAGE = `
import { createClient, lockstep } from 'door'
const asked = []
const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } }
const answers = [
  { id: 'resp_1', status: 'requires_action', required_action: { type: 'tool_calls', tool_calls: [call] },
    conversation: [{ role: 'user', content: 'x' }], conversation_signature: 's', remaining_steps: [{ prompt: 'x' }] },
  { id: 'resp_2', status: 'completed', output: [{ type: 'message', content: [{ type: 'output_text', text: 'done' }] }] },
]
const sse = 'data: ' + JSON.stringify({ type: 'response.completed', sequence_number: 1, response: answers[1] }) + '\\n\\n'
globalThis.fetch = async (url, init) => {
  const body = JSON.parse(init.body)
  asked.push({ url, body, key: init.headers.authorization ?? null })
  if (body.stream) return new Response(sse, { headers: { 'content-type': 'text/event-stream' } })
  return new Response(JSON.stringify(body.workflow ? { id: 't~1', workflow: 'w', status: 'running' } : answers[asked.length - 1]))
}
const client = createClient({ baseURL: 'https://agents.example', apiKey: 'k' })
const tools = { look: { execute: async ({ at }) => ({ seen: at }) } }
const result = await client.responses.create({ steps: [{ prompt: 'x' }], tools })
const stream = await lockstep.responses.create({ input: 'x', stream: true })
const streamed = await stream.finalResponse()
const started = await client.runs.start({ workflow: 'w' })
export const told = { text: result.output_text, streamed: streamed.output_text, started: started.id, asked }
`

/** Loads a module and what it imports, each once. */
function createLoader(page: Context): (file: string) => SourceTextModule {
  const loaded = new Map<string, SourceTextModule>()
  return (file) => {
    const known = loaded.get(file)
    if (known !== undefined) return known
    const text = stripTypeScriptTypes(readFileSync(file, 'utf8'))
    const module = new SourceTextModule(text, { context: page, identifier: file })
    loaded.set(file, module)
    return module
  }
}

const page = createContext({ ...WEB })
const load = createLoader(page)
const door = resolve(import.meta.dirname, '../client.ts')
const main = new SourceTextModule(PAGE, { context: page, identifier: 'page' })
await main.link((specifier, from) => {
  if (specifier === 'door') return load(door)
  if (specifier.startsWith('.')) return load(resolve(dirname(from.identifier), specifier))
  throw new Error(`${from.identifier} imports ${specifier}, which no browser has`)
})
await main.evaluate()
process.stdout.write(JSON.stringify(Reflect.get(main.namespace, 'told')))
