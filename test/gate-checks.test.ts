import { describe, expect, it } from 'vitest'
import type { Event } from '../src/core/log/event.ts'
import { isJsonObject } from '../src/core/spec/json.ts'
import { createRuntime } from '../src/drive/runtime.ts'
import { parseScript, scriptedMind } from '../src/testing.ts'
import type { CheckContext, GateCheck } from '../src/tool/check.ts'

/** Runs one call of `act` under a gate whose function is `check`. */
async function ask(
  check: (context: CheckContext) => unknown,
): Promise<{ ran: number; reason: string; events: Event[] }> {
  let ran = 0
  const parsed = parseScript([{ call: 'act', args: { id: 7 } }, { text: 'end' }])
  if (!parsed.ok) throw new Error('the script is wrong')
  const runtime = createRuntime({
    mind: scriptedMind(parsed.script),
    checks: { opening: untyped(check) },
    tools: {
      act: { about: 'Act.', input: { type: 'object' }, effect: 'write', execute: () => ++ran },
    },
  })
  const run = await runtime.start(
    {
      workflow: 'w',
      steps: [{ prompt: 'Go.', tools: ['act'] }],
      gates: { opening: { on: 'act', check: { timeout: 0.05 } } },
    },
    { input: { message: 'hello' } },
  )
  const events: Event[] = []
  for await (const event of run.events()) events.push(event)
  const judged = events.find((event) => event.type === 'call.judged')
  const gate = judged?.gates.find((each) => each.gate === 'opening')
  return { ran, reason: gate?.reason ?? '', events }
}

/** A function as code without types would give it. */
function untyped(check: (context: CheckContext) => unknown): GateCheck {
  return new Proxy<GateCheck>(() => false, {
    apply: (_, self, args) => Reflect.apply(check, self, args),
  })
}

describe('the function of a gate', () => {
  it('lets the call pass with true, now or later, and reads what conditions read', async () => {
    const seen: unknown[] = []
    const check: GateCheck = async ({ signal, ...context }) => {
      seen.push(context, signal.aborted)
      return { holds: true }
    }
    expect((await ask(() => true)).ran).toBe(1)
    expect((await ask(check)).ran).toBe(1)
    expect(seen).toEqual([
      {
        tool: 'act',
        args: { id: 7 },
        input: { message: 'hello' },
        user: {},
        tools: expect.anything(),
        calls: [],
        session: {},
        now: expect.any(Number),
      },
      false,
    ])
  })
  it.each<[string, () => unknown, string]>([
    ['says no', () => ({ holds: false, reason: 'closed' }), 'its check says no: closed'],
    [
      'throws',
      () => {
        throw new Error('no database')
      },
      'CHECK_ERROR: no database',
    ],
    ['rejects', () => Promise.reject(new Error('gone')), 'CHECK_ERROR: gone'],
    ['answers with a text', () => 'true', 'NO_BOOLEAN'],
    ['answers with 1', () => 1, 'NO_BOOLEAN'],
    ['answers with nothing', () => {}, 'NO_BOOLEAN'],
    ['answers with a text for `holds`', () => ({ holds: 'yes' }), 'NO_BOOLEAN'],
    [
      'throws from `holds`',
      () => ({
        get holds() {
          throw new Error('trap')
        },
      }),
      'CHECK_ERROR',
    ],
    ['never answers', () => new Promise(() => {}), 'TIMEOUT'],
  ])('refuses by name when it %s (Law 4)', async (_, answer, reason) => {
    const asked = await ask(answer)
    expect(asked.ran).toBe(0)
    expect(asked.reason).toContain(reason)
  })
  it('cannot change what it was shown', async () => {
    const meddle: GateCheck = ({ args }) => isJsonObject(args) && Reflect.set(args, 'id', 8)
    const { events } = await ask(meddle)
    const answered = events.find((event) => event.type === 'model.answered')
    expect(answered?.parts).toContainEqual(expect.objectContaining({ args: { id: 7 } }))
  })
})
