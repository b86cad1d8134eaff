import { describe, expect, test } from 'vitest'
import { compile } from './compile/compile.ts'
import type { Json, JsonObject } from './json.ts'
import { isReference, mapSecrets, referenceSchema, secretFields } from './secret-fields.ts'
import type { WorkflowSpec } from './spec.ts'

const secret: JsonObject = { type: 'string', secret: true }

/** What of a value is secret, by path. */
function secretsIn(schema: JsonObject, value: Json): readonly string[] {
  const fields = secretFields(schema)
  const found: string[] = []
  if (fields === null) return found
  mapSecrets(value, fields, (each, path) => {
    found.push(`${path}=${JSON.stringify(each)}`)
    return each
  })
  return found
}

describe('secret places', () => {
  test('are found in properties, items, other properties and alternatives', () => {
    const schema: JsonObject = {
      properties: {
        key: secret,
        plain: { type: 'string' },
        accounts: { items: { properties: { pin: { anyOf: [secret, { type: 'null' }] } } } },
        headers: { additionalProperties: secret },
      },
    }
    const value = {
      key: 'k',
      plain: 'p',
      accounts: [{ pin: '1' }, { pin: null }, { pin: 2 }],
      headers: { a: 'x' },
    }
    expect(secretsIn(schema, value)).toEqual([
      'key="k"',
      'accounts[0].pin="1"',
      'accounts[2].pin=2',
      'headers.a="x"',
    ])
  })

  test('take a value of another shape as a whole', () => {
    const schema: JsonObject = { properties: { login: { properties: { key: secret } } } }
    expect(secretsIn(schema, '{"login":{"key":"k')).toEqual(['="{\\"login\\":{\\"key\\":\\"k"'])
    expect(secretsIn(schema, { login: ['k'] })).toEqual(['login=["k"]'])
    expect(secretsIn(schema, { login: null, other: 'k' })).toEqual([])
  })

  test('are not members of that name', () => {
    expect(secretFields({ properties: { secret: { type: 'string' } } })).toBeNull()
    expect(secretFields({ properties: { key: { type: 'string', secret: false } } })).toBeNull()
  })

  test('take references and nothing else in the schema that the kernel checks', () => {
    expect(
      referenceSchema({ properties: { a: { ...secret, minLength: 90 } }, items: secret }),
    ).toEqual({
      properties: { a: { type: 'string', pattern: '^secret:[A-Za-z0-9_-]{22}$' } },
      items: { type: 'string', pattern: '^secret:[A-Za-z0-9_-]{22}$' },
    })
    expect(isReference('secret:AAAAAAAAAAAAAAAAAAAAAA')).toBe(true)
    expect(isReference('secret:AAAAAAAAAAAAAAAAAAAAAAA')).toBe(false)
  })
})

describe('`secret` where nothing is kept secret is an error', () => {
  const errors = (spec: Partial<WorkflowSpec>): readonly string[] => {
    const whole: WorkflowSpec = { workflow: 'w', steps: { act: { prompt: 'Act.' } }, ...spec }
    const compiled = compile(whole, { tools: new Map() })
    return compiled.ok
      ? []
      : compiled.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  }

  test('on what is no text, or no yes or no', () => {
    const input = { properties: { a: { type: 'number', secret: true }, b: { secret: 'yes' } } }
    expect(errors({ input })).toEqual([
      'input.properties.a.secret: only a text can be secret: write type: string, not "number"',
      'input.properties.b.secret: `secret` is true or false, not "yes"',
    ])
  })

  test('below keywords that are not followed', () => {
    const input = { $defs: { key: secret }, properties: { a: { $ref: '#/$defs/key' } } }
    expect(errors({ input })).toEqual([
      expect.stringContaining('input.$defs.key.secret: a secret is not looked for below `$defs`'),
    ])
  })

  test("in a step's output, which a model writes, and in a handoff", () => {
    const schema = { properties: { key: secret } }
    expect(
      errors({ handoff: { schema }, steps: { act: { prompt: 'Act.', output: schema } } }),
    ).toEqual([
      expect.stringMatching(
        /^steps\.act\.output\.properties\.key\.secret: nothing is kept secret here/,
      ),
      expect.stringMatching(
        /^handoff\.schema\.properties\.key\.secret: nothing is kept secret here/,
      ),
    ])
  })

  test('and legal in inputs and outputs of tools', () => {
    const schema = { type: 'object', properties: { key: { ...secret, type: ['string', 'null'] } } }
    const tools = { ask: { client: true as const, input: { type: 'object' }, output: schema } }
    expect(errors({ input: schema, tools })).toEqual([])
  })
})
