import type { ToolDefinition } from '../../src/index.ts'

/*
 * A search engine, a memory and a rule book with canned answers. They take the names of built-ins:
 * what a workflow declares goes before what Lockstep brings.
 */

interface Page {
  /** The words of a query that find it. */
  readonly words: readonly string[]
  readonly url: string
  readonly text: string
}

const PAGES: readonly Page[] = [
  {
    words: ['stack', 'engineering'],
    url: 'https://acme.example/blog/kafka',
    text: 'Acme Corp runs Go services on Kubernetes; its event pipeline handles 41,500 messages a second on Kafka.',
  },
  {
    words: ['funding', 'series'],
    url: 'https://news.example/acme-series-b',
    text: 'Acme Corp raised a Series B of 32 million dollars in March, led by Northgate.',
  },
  {
    words: ['vp', 'leader', 'linkedin'],
    url: 'https://linkedin.example/in/sarah-chen',
    text: 'Sarah Chen, VP of Engineering at Acme Corp. Last post: "Rebalancing a Kafka cluster without waking anybody".',
  },
]

/** What the web says of the company; `text` is for the draft, and to be quoted as it is. */
export const web_search: ToolDefinition<{ readonly query: string }> = {
  about:
    'Search the web. Use once per question. Names in `text` are what the next search and the draft may use.',
  input: {
    type: 'object',
    required: ['query'],
    properties: {
      query: { type: 'string', minLength: 1, description: 'a company, or a name from a result' },
    },
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      results: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            url: { type: 'string' },
            text: { type: 'string', description: 'quote it in the draft' },
          },
        },
      },
    },
  },
  effect: 'read',
  execute({ query }) {
    const words = query.toLowerCase().split(/\W+/)
    const found = PAGES.filter((page) => page.words.some((word) => words.includes(word)))
    return { results: found.map(({ url, text }) => ({ url, text })) }
  },
}

/** What is remembered of a record from earlier conversations. */
export const recall_pro: ToolDefinition<{ readonly record_id: string }> = {
  about: 'Recall what is known of a company from earlier talks. `notes` are for the draft.',
  input: {
    type: 'object',
    required: ['record_id'],
    properties: { record_id: { type: 'string', description: 'like company-123' } },
    additionalProperties: false,
  },
  effect: 'read',
  execute: ({ record_id }) => ({
    record_id,
    notes: ['Met at a conference in 2025; asked for benchmarks, not slides.'],
  }),
}

const GUIDELINES: Readonly<Record<string, readonly string[]>> = {
  'brand-voice': ['Plain words.', 'No exclamation marks.', 'At most 90 words.'],
  'outreach-compliance': ['Say who is writing.', 'Offer a way to opt out.', 'No false urgency.'],
}

/** The rules that a draft is scored against. */
export const smart_guidelines: ToolDefinition<{ readonly ids: readonly string[] }> = {
  about: 'Read guidelines by id. The score in the evaluation counts how many of `rules` hold.',
  input: {
    type: 'object',
    required: ['ids'],
    properties: {
      ids: { type: 'array', minItems: 1, items: { enum: Object.keys(GUIDELINES) } },
    },
    additionalProperties: false,
  },
  effect: 'read',
  execute: ({ ids }) => ({ rules: ids.flatMap((id) => GUIDELINES[id] ?? []) }),
}
