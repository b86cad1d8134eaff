import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { createClient, type ResponseResult, type ResponseStream } from '../client.ts'

/*
 * What authors see in their editors; `tsc` reads it, nothing here is called.
 */

const offline = createClient({
  baseURL: 'http://server',
  fetch: () => Promise.reject(new Error('offline')),
})

test('arguments have the types that their schemas say', () => {
  const create = (): Promise<ResponseResult> =>
    offline.responses.create({
      steps: [{ prompt: 'x' }],
      tools: {
        find: {
          parameters: {
            type: 'object',
            required: ['id', 'kind'],
            properties: {
              id: { type: 'string' },
              kind: { enum: ['lead', 'customer'] },
              limit: { type: 'integer' },
              tags: { type: 'array', items: { type: 'string' } },
              at: { type: 'object', required: ['city'], properties: { city: { type: 'string' } } },
            },
          },
          execute(args, { signal }) {
            expectTypeOf(args.id).toEqualTypeOf<string>()
            expectTypeOf(args.kind).toEqualTypeOf<'lead' | 'customer'>()
            expectTypeOf(args.limit).toEqualTypeOf<number | undefined>()
            expectTypeOf(args.tags).toEqualTypeOf<readonly string[] | undefined>()
            expectTypeOf(args.at?.city).toEqualTypeOf<string | undefined>()
            expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
            // @ts-expect-error there is no such argument
            return args.name
          },
        },
        count: {
          parameters: z.object({ n: z.coerce.number() }),
          execute: ({ n }) => {
            expectTypeOf(n).toEqualTypeOf<number>()
          },
        },
        plain: { execute: (args) => args['anything'] },
        theirs: { description: 'The caller executes it' },
      },
    })
  expectTypeOf(create).returns.resolves.toEqualTypeOf<ResponseResult>()
})

test('`stream` says what comes back', () => {
  const stream = () => offline.responses.create({ input: 'x', stream: true })
  const whole = () => offline.responses.create({ input: 'x' })
  expectTypeOf(stream).returns.resolves.toEqualTypeOf<ResponseStream>()
  expectTypeOf(whole).returns.resolves.toEqualTypeOf<ResponseResult>()
})

test('what is misspelt is an error', () => {
  const misspelt = () =>
    offline.responses.create({
      // @ts-expect-error it is called `prompt`
      steps: [{ prompts: 'x' }],
    })
  expectTypeOf(misspelt).toBeFunction()
})

test('events are told apart by their type', async () => {
  const read = async (stream: ResponseStream): Promise<void> => {
    for await (const event of stream) {
      if (event.type === 'response.output_text.delta') {
        expectTypeOf(event.delta).toEqualTypeOf<string>()
      }
    }
  }
  expectTypeOf(read).toBeFunction()
})
