import * as fc from 'fast-check'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AnswerPart } from '../core/log/event.ts'
import type { Json, JsonObject } from '../core/spec/json.ts'
import type { AskedCall, Mind, MindAnswer, MindRequest } from './mind.ts'
import { readScript, readScriptText } from './read-script.ts'
import { recordingMind } from './recorder.ts'
import { scriptedMind } from './scripted.ts'

const FINISHES = ['stop', 'length', 'content-filter', 'tool-calls', 'error', 'other'] as const

function toRequest(call: number, asked: readonly AskedCall[]): MindRequest {
  return {
    run: 'run-1',
    call,
    step: `step-${call % 3}`,
    role: call % 2 === 0 ? 'main' : 'critic',
    branch: '',
    item: null,
    model: null,
    system: null,
    messages: [],
    tools: [],
    legal: [],
    scope: 'stable',
    choose: 'auto',
    output: null,
    settings: {},
    closing: false,
    asked,
  }
}

async function askAll(mind: Mind, count: number): Promise<MindAnswer[]> {
  const asked: AskedCall[] = []
  const answers: MindAnswer[] = []
  for (let call = 1; call <= count; call++) {
    const request = toRequest(call, asked)
    const { signal } = new AbortController()
    answers.push(await mind.answer(request, { signal, onText: () => {} }))
    const { step, role, branch, item } = request
    asked.push({ step, role, branch, item, attempts: 1, answered: true })
  }
  return answers
}

function listMind(answers: readonly MindAnswer[]): Mind {
  return {
    answer: async ({ call }) => {
      const answer = answers[call - 1]
      if (answer === undefined) throw new Error('no more')
      return answer
    },
  }
}

async function replay(answers: readonly MindAnswer[]): Promise<MindAnswer[]> {
  let text = ''
  const recorder = recordingMind(listMind(answers), async (whole) => {
    text = whole
  })
  await askAll(recorder, answers.length)
  await recorder.save()
  const read = readScriptText(text)
  if (!read.ok) throw new Error(`${JSON.stringify(read.issues)}\n${text}`)
  return askAll(scriptedMind(read.script), answers.length)
}

function withOptions(part: AnswerPart, given: JsonObject | undefined): AnswerPart {
  return given === undefined ? part : { ...part, options: given }
}

const usage = { input: 10, output: 3, cached: 2 }

test('a recording replays part by part, with ids, usage and provider options', async () => {
  const shared: JsonObject = { google: { signature: 'abc==' } }
  const answers: MindAnswer[] = [
    {
      finish: 'tool-calls',
      usage,
      parts: [
        { type: 'reasoning', text: 'think\n\n  ', options: shared },
        { type: 'text', text: 'no: yes' },
        {
          type: 'call',
          id: 'toolu_1',
          tool: 'a',
          args: { date: '2026-01-01', n: '012' },
          options: shared,
        },
        { type: 'call', id: 'toolu_2', tool: 'a', args: 'not json {' },
      ],
    },
    { finish: 'tool-calls', usage, parts: [{ type: 'call', id: '1', tool: 'b', args: {} }] },
    { finish: 'stop', usage, parts: [{ type: 'text', text: '- yes\n# no\r\n' }] },
    { finish: 'other', usage, parts: [] },
  ]
  expect(await replay(answers)).toEqual(answers)
})

test('any answer survives its recording', async () => {
  const json: fc.Arbitrary<Json> = fc.jsonValue({ noUnicodeString: false }).map((value) => {
    const decoded: Json = JSON.parse(JSON.stringify(value))
    return decoded
  })
  const text = fc.string({ unit: 'binary' })
  const options = fc.option(fc.dictionary(text, json), { nil: undefined })
  const part = fc.oneof(
    fc
      .tuple(fc.constantFrom('text' as const, 'reasoning' as const), text, options)
      .map(([type, words, given]) => withOptions({ type, text: words }, given)),
    fc
      .tuple(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), json, options)
      .map(([id, tool, args, given]) => withOptions({ type: 'call', id, tool, args }, given)),
  )
  const answer = fc.record({
    parts: fc.array(part, { maxLength: 4 }),
    finish: fc.constantFrom(...FINISHES),
    usage: fc.record({ input: fc.nat(), output: fc.nat(), cached: fc.nat() }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { maxLength: 4 }), async (answers) => {
      expect(JSON.stringify(await replay(answers))).toBe(
        JSON.stringify(
          answers.map(({ parts, finish, usage: used }) => ({ parts, finish, usage: used })),
        ),
      )
    }),
    { numRuns: 100 },
  )
})

test('save writes the file whole and leaves nothing beside it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'recording-'))
  try {
    const file = join(folder, 'deep', 'recording.yaml')
    const answers = [
      { finish: 'stop' as const, usage, parts: [{ type: 'text' as const, text: 'hi' }] },
    ]
    const recorder = recordingMind(listMind(answers), file)
    await askAll(recorder, 1)
    await Promise.all([recorder.save(), recorder.save()])
    expect(await readdir(join(folder, 'deep'))).toEqual(['recording.yaml'])
    expect(await readFile(file, 'utf8')).toContain('text: hi')
    expect(await readScript(file)).toMatchObject({ ok: true, script: [{ usage }] })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a call asked again keeps its last answer; a failed one is not kept', async () => {
  let text = ''
  let turn = 0
  const mind: Mind = {
    answer: async () => {
      turn += 1
      if (turn === 1) throw new Error('down')
      return { finish: 'stop', usage, parts: [{ type: 'text', text: `turn ${turn}` }] }
    },
  }
  const recorder = recordingMind(mind, async (whole) => {
    text = whole
  })
  await expect(askAll(recorder, 1)).rejects.toThrow('down')
  await askAll(recorder, 1)
  await askAll(recorder, 1)
  await recorder.save()
  expect(readScriptText(text)).toMatchObject({
    ok: true,
    script: [{ parts: [{ text: 'turn 3' }] }],
  })
})

test('what is asked before the run is no part of its script', async () => {
  const answer: MindAnswer = {
    parts: [{ type: 'text', text: '{"ids":[]}' }],
    finish: 'stop',
    usage: { input: 0, output: 0, cached: 0 },
  }
  let kept = ''
  const recorder = recordingMind({ answer: () => Promise.resolve(answer) }, async (whole) => {
    kept = whole
  })
  const context = { signal: new AbortController().signal, onText: () => {} }
  await recorder.answer({ ...toRequest(0, []), role: 'guidelines' }, context)
  await recorder.answer(toRequest(1, []), context)
  await recorder.save()
  expect(kept.split('when:').length).toBe(2)
  expect(kept).not.toContain('guidelines')
})
