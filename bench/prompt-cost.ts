/*
 * What a provider with a prefix cache would bill in full. A workflow like W2 with other tools and
 * other instructions at each step is run once for each scope; each call is written down in the order
 * in which caches match (tools, system, messages), from what the mind hands to the model.
 */
import { createRuntime, aiSdkMind, defineTool, loadWorkflow } from '../src/index.ts'
import type { AnyTool } from '../src/index.ts'
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import type { Table } from './table.ts'
import { zeroModel, type ZeroAnswer } from './zero-model.ts'

const STEPS = 10
const SMALL_CHARACTERS = 120
const LARGE_CHARACTERS = 4_096
const AT_MOST = { small: 1.1, large: 1.03 } as const

interface Billed {
  /** Characters that no earlier call began with. */
  readonly uncached: number
  /** Characters of all that was ever sent, each piece once. */
  readonly floor: number
  readonly sent: number
}

/** Prompt characters billed uncached, as multiples of the floor, for both scopes. */
export async function promptCost(): Promise<Table> {
  const rows: Table['rows'][number][] = []
  for (const size of ['small', 'large'] as const) {
    const characters = size === 'small' ? SMALL_CHARACTERS : LARGE_CHARACTERS
    const stable = await bill('stable', characters)
    const strict = await bill('strict', characters)
    const results = `${size === 'small' ? 'small' : '4 KB'} results`
    rows.push(
      {
        what: `stable, ${results}`,
        value: stable.uncached / stable.floor,
        unit: '× the floor',
        target: { atMost: AT_MOST[size] },
        because: `${stable.uncached - stable.floor} characters were sent again after a change before them`,
      },
      {
        what: `strict, ${results}`,
        value: strict.uncached / stable.floor,
        unit: '× the floor',
        target: null,
      },
      {
        what: `without a cache, ${results}`,
        value: stable.sent / stable.floor,
        unit: '× the floor',
        target: null,
      },
    )
  }
  return {
    title: 'Prompt characters billed uncached: W2 with other tools and instructions at each step',
    method:
      'each call in the order tools, system, messages; uncached: what follows the longest beginning that an earlier call had; floor: each tool, text, call and result once',
    rows,
  }
}

async function bill(scope: 'strict' | 'stable', characters: number): Promise<Billed> {
  const calls: (readonly string[])[] = []
  const onCall = (call: LanguageModelV4CallOptions): void => void calls.push(piecesOf(call))
  const steps = Array.from({ length: STEPS }, (_, index) => index + 1)
  const mind = aiSdkMind({ model: zeroModel({ answers: steps.flatMap(answersOf), onCall }) })
  const tools = steps.flatMap((step) => toolsOf(step, characters))
  const loaded = await loadWorkflow(
    {
      workflow: 'prompt-cost',
      scope,
      instructions: 'You work through the steps that you are given, one after the other.',
      steps: steps.map((step) => ({ prompt: instructionsOf(step), tools: namesOf(step) })),
    },
    { tools: Object.fromEntries(tools) },
  )
  if (!loaded.ok) throw new TypeError(loaded.issues.map((issue) => issue.message).join('; '))
  await (
    await createRuntime({ mind }).start(loaded.workflow)
  ).done
  return billOf(calls)
}

function billOf(calls: readonly (readonly string[])[]): Billed {
  const texts = calls.map((pieces) => pieces.join(''))
  const uncached = texts.map((text, index) => {
    const cached = texts.slice(0, index).map((earlier) => sharedLength(earlier, text))
    return text.length - Math.max(0, ...cached)
  })
  const pieces = new Set(calls.flat())
  return {
    uncached: sum(uncached),
    floor: sum([...pieces].map((piece) => piece.length)),
    sent: sum(texts.map((text) => text.length)),
  }
}

function sum(lengths: readonly number[]): number {
  return lengths.reduce((one, other) => one + other, 0)
}

function sharedLength(one: string, other: string): number {
  let length = 0
  while (length < one.length && one[length] === other[length]) length += 1
  return length
}

/** A call in pieces, as a provider reads it: tools, system, messages. */
function piecesOf({ prompt, tools = [] }: LanguageModelV4CallOptions): readonly string[] {
  const system = prompt.filter((message) => message.role === 'system')
  const messages = prompt.filter((message) => message.role !== 'system')
  return [...tools, ...system, ...messages].map((piece) => JSON.stringify(piece))
}

function namesOf(step: number): readonly string[] {
  return [`find_${step}`, `check_${step}`]
}

function instructionsOf(step: number): string {
  const sentence = `In part ${step}, look before you answer and name what you relied on. `
  return `Part ${step}. ${sentence.repeat(8)}`
}

function answersOf(step: number): readonly ZeroAnswer[] {
  const [find = '', check = ''] = namesOf(step)
  return [
    { tool: find, args: { id: `item-${step}` } },
    { tool: check, args: { id: `item-${step}` } },
    { text: `Part ${step} is done: the item is there and was checked.` },
  ]
}

function toolsOf(step: number, characters: number): readonly (readonly [string, AnyTool])[] {
  return namesOf(step).map((name) => {
    const tool = defineTool({
      about: `${name} takes an item's id and says what is known of it in part ${step}.`,
      input: {
        type: 'object',
        properties: { id: { type: 'string', description: 'the id of the item, as given' } },
        required: ['id'],
        additionalProperties: false,
      },
      effect: 'read',
      execute: () => ({ found: `${name} `.repeat(characters).slice(0, characters) }),
    })
    return [name, tool]
  })
}
