import { planOf } from '../../src/core/given.ts'
import type { Plan } from '../../src/core/spec/plan.ts'
import type { WorkflowSpec } from '../../src/core/spec/spec.ts'

/** How long an answer may be, in tokens. */
export const MAX_OUTPUT = 100

/** What a run may cost: a dozen answers, as long as they are. */
export const MAX_USD = 0.0006

/** In USD for a million tokens. */
export const PRICE = { input: 1, output: 1 }

const client = { client: true, about: 'ask', effect: 'read', input: { type: 'object' } } as const

const item: WorkflowSpec = {
  workflow: 'item',
  model: 'test/m',
  settings: { max_output_tokens: MAX_OUTPUT },
  steps: { find: { prompt: 'Do {{item}}.', tools: ['pay', 'fetch', 'ask'], output: {} } },
  tools: { ask: client, pay: { undo: 'refund' } },
  gates: {
    once: { on: 'pay', limit: { calls: 1, per: '$.args.id' }, else: 'refuse' },
    asked: { on: 'pay', confirm: true },
  },
}

const expert: WorkflowSpec = {
  workflow: 'expert',
  model: 'test/m',
  settings: { max_output_tokens: MAX_OUTPUT },
  steps: { think: { prompt: 'Think.', tools: ['fetch', 'ask', 'request_input', 'mail'] } },
  tools: { ask: client },
  gates: { loud: { on: 'mail', allow: "get('$.args.id') == 9", else: 'approve' } },
}

const tools = {
  pay: {},
  refund: { idempotent: true },
  mail: {},
  fetch: { effect: 'read' },
} as const

/** A workflow that has everything that waits, branches or goes back. */
const all: WorkflowSpec = {
  workflow: 'all',
  model: 'test/m',
  settings: { max_output_tokens: MAX_OUTPUT },
  prices: { 'test/m': PRICE },
  budget: { iterations: 4, transitions: 6, calls: 25, usd: MAX_USD },
  handoff: {},
  artifacts: {
    letter: { compose: { prompt: 'Write.' }, verify: { prompt: 'Score.', attempts: 2 } },
    doc: {},
  },
  slots: { name: { type: 'text' }, tone: { type: 'choice', options: ['a', 'b'] } },
  memory: { record: 'all', recall: true, memorize: { capture_tool_results: true } },
  decisions: { mode: 'native', doubt: { below: 0.5, turns: 2 } },
  steps: {
    work: {
      prompt: 'Work.',
      tools: [
        'pay',
        'mail',
        'fetch',
        'ask',
        'expert',
        'finish',
        'request_input',
        'escalate_to_human',
        'store_artifact',
        'artifact_create',
        'verify_artifact',
        'artifact_read',
        'recall',
        'memorize',
      ],
      fail: { rewind: 'start' },
      checkpoint: 'worked',
      next: [{ to: 'look', when: "get('$.output.text') != 'stop'" }, { to: 'end' }],
    },
    look: { each: '$.input.items', run: item, parallel: 2, policy: 'settle', next: 'end' },
    end: { prompt: 'End.', tools: ['pay', 'mail'], reenter: 'work' },
  },
  tools: {
    ask: client,
    expert: { workflow: expert, about: 'an expert' },
    pay: { undo: 'refund', risk: 'low' },
    mail: { risk: 'high', breaker: { failures: 2, seconds: 1 } },
    fetch: { trust: 'untrusted', retry: { BUSY: { tries: 2 } } },
  },
  gates: {
    once: { on: 'pay', limit: { calls: 1, per: '$.args.id' } },
    asked: { on: 'pay', confirm: true, approval: { approvers: 2 } },
    ordered: { on: 'fetch', allow: "get('$.user.order.latest.id', 0) != 2" },
    clean: { on: 'mail', clean: ['id'] },
    safe: { on: 'mail', check: { module: './safe.ts' }, else: 'escalate' },
  },
}

export const plan: Plan = planOf(all, tools)

/** The same after an edit of what is said to a model, and of a gate. */
export const edited: Plan = planOf(
  {
    ...all,
    instructions: 'Be careful.',
    gates: {
      ...all.gates,
      ordered: { on: 'fetch', allow: "get('$.user.order.latest.id', 0) != 1" },
    },
  },
  tools,
)
