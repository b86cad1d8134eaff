import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../json.ts'
import { compileTemplate, type RenderError, type Template } from './template.ts'

function template(text: string): Template {
  const compiled = compileTemplate(text)
  if (!compiled.ok) throw new Error(`${text}: ${compiled.error.message}`)
  return compiled.template
}

function render(text: string, ...scopes: JsonObject[]): string {
  const rendered = template(text).render(scopes)
  if (!rendered.ok) throw new Error(`${text}: ${rendered.error.message}`)
  return rendered.text
}

function renderError(text: string, ...scopes: JsonObject[]): RenderError {
  const rendered = template(text).render(scopes)
  if (rendered.ok) throw new Error(`${text} rendered`)
  return rendered.error
}

function error(text: string): string {
  const compiled = compileTemplate(text)
  if (compiled.ok) throw new Error(`${text} compiled`)
  return `${compiled.error.at}: ${compiled.error.message}`
}

function nest(): JsonObject {
  let deep: JsonObject = {}
  for (let depth = 0; depth < 100_000; depth++) deep = { deep }
  return deep
}

describe('seed 1', () => {
  const text =
    'Perform a comprehensive analysis of {{customer_id}}:\n\n' +
    '**Step 1: Identify Customer**\n' +
    "{{#if customer_id == 'top'}}\n" +
    '- Use `sales_top_customers` with limit=1 to find the top customer\n' +
    '- Note the customer_id for subsequent steps\n' +
    '{{else}}\n' +
    '- Use customer_id: {{customer_id}}\n' +
    '{{/if}}\n\n' +
    '**Step 2: Gather Data** (can run in parallel)\n'

  it('reads its template as it stands', () => {
    expect(template(text).variables).toEqual(new Set(['customer_id']))
    expect(render(text, { customer_id: 'top' })).toBe(
      'Perform a comprehensive analysis of top:\n\n**Step 1: Identify Customer**\n' +
        '- Use `sales_top_customers` with limit=1 to find the top customer\n' +
        '- Note the customer_id for subsequent steps\n\n' +
        '**Step 2: Gather Data** (can run in parallel)\n',
    )
    expect(render(text, { customer_id: 'c-7' })).toBe(
      'Perform a comprehensive analysis of c-7:\n\n**Step 1: Identify Customer**\n' +
        '- Use customer_id: c-7\n\n**Step 2: Gather Data** (can run in parallel)\n',
    )
  })
})

describe('values', () => {
  const scope: JsonObject = {
    name: 'Ada',
    order: { items: [{ id: 7 }, { id: 8 }], 'ship-to': 'Bern', 0: 'zero' },
    yes: true,
    none: null,
    zero: 0,
  }

  it.each([
    ['{{name}}', 'Ada'],
    ['{{ name }}!', 'Ada!'],
    ['{{order.items.1.id}}', '8'],
    ['{{order.0}}', 'zero'],
    ['{{order.ship-to}}', 'Bern'],
    ['{{yes}}{{none}}{{zero}}', 'true0'],
    ['{{order.items}}', '[{"id":7},{"id":8}]'],
    [String.raw`\{{name}} {{name}}`, '{{name}} Ada'],
    ['{"a": {{zero}}}', '{"a": 0}'],
    ['no tags', 'no tags'],
    ['', ''],
  ])('%s', (text, expected) => {
    expect(render(text, scope)).toBe(expected)
  })

  it('come from the first scope that owns the root name', () => {
    expect(render('{{a}}{{b}}', { a: 1 }, { a: 2, b: 3 })).toBe('13')
    expect(renderError('{{a.x}}', { a: {} }, { a: { x: 1 } }).variable).toBe('a.x')
    expect(render('{{a}}', { a: null }, { a: 2 })).toBe('')
  })

  it.each(['__proto__', 'constructor', 'toString', 'name.length', 'order.items.length'])(
    'are own properties only: %s',
    (path) => {
      expect(renderError(`{{${path}}}`, scope).variable).toBe(path)
      expect(render(`{{#if ${path}}}yes{{else}}no{{/if}}`, scope)).toBe('no')
    },
  )

  it('that are unknown are errors that name what is known', () => {
    expect(renderError('Dear {{nmae}}', scope)).toEqual({
      message: 'unknown variable nmae: did you mean name? Legal: name, none, order, yes, zero',
      at: 7,
      variable: 'nmae',
    })
    expect(renderError('{{order.item}}', scope).message).toBe(
      'unknown variable order.item: order has no item; did you mean items? Legal: 0, items, ship-to',
    )
    expect(renderError('{{order.items.9.id}}', scope).message).toBe(
      'unknown variable order.items.9.id: order.items is a list of 2, which has no 9',
    )
    expect(renderError('{{none.x}}', scope).message).toBe('unknown variable none.x: none is null')
    expect(renderError('{{x}}').message).toBe('unknown variable x: there are none')
  })
})

describe('{{#if}}', () => {
  it.each<[string, JsonObject, string]>([
    ['{{#if a}}yes{{/if}}', { a: 'x' }, 'yes'],
    ['{{#if a}}yes{{/if}}', { a: '' }, ''],
    ['{{#if a}}yes{{/if}}', { a: [] }, ''],
    ['{{#if a}}yes{{/if}}', { a: [0] }, 'yes'],
    ['{{#if a}}yes{{/if}}', { a: 0 }, ''],
    ['{{#if a}}yes{{/if}}', { a: {} }, 'yes'],
    ['{{#if a}}yes{{/if}}', { a: false }, ''],
    ['{{#if a}}yes{{/if}}', {}, ''],
    ['{{#if not a}}no{{/if}}', {}, 'no'],
    ['{{#if !a and b}}b{{/if}}', { b: 'x' }, 'b'],
    ['{{#if a or b}}some{{/if}}', { b: 1 }, 'some'],
    ['{{#if count(a) > 1}}many{{/if}}', { a: [1, 2] }, 'many'],
    ['{{#if count(a)}}some{{/if}}', { a: [] }, ''],
    ['{{#if a.b-c == 1}}hit{{/if}}', { a: { 'b-c': 1 } }, 'hit'],
    ['{{#if a.0.id in [1, 2]}}in{{/if}}', { a: [{ id: 2 }] }, 'in'],
    ['{{#if a-1 == 1}}two{{/if}}', { a: 2 }, 'two'],
    ["{{#if a == '}}'}}odd{{/if}}", { a: '}}' }, 'odd'],
    ['{{#if a == null}}none{{/if}}', {}, 'none'],
    ['{{#if not (a == 1)}}x{{/if}}', {}, ''],
    ['{{#if a}}1{{else if b}}2{{else if c == 3}}3{{else}}4{{/if}}', { c: 3 }, '3'],
    ['{{#if a}}1{{else if b}}2{{else}}4{{/if}}', { b: true }, '2'],
    ['{{#if a}}1{{else if b}}2{{else}}4{{/if}}', {}, '4'],
    ['{{#if a}}{{#if b}}both{{else}}a{{/if}}{{/if}}', { a: 1 }, 'a'],
  ])('%s with %j', (text, scope, expected) => {
    expect(render(text, scope)).toBe(expected)
  })

  it('renders only what it chooses', () => {
    expect(render('{{#if a}}{{a}}{{else}}none{{/if}}', {})).toBe('none')
  })
})

describe('{{#each}}', () => {
  it('gives this and @index', () => {
    const text = '{{#each rows}}{{@index}}:{{this.id}}{{#if @index == 0}},{{/if}}{{/each}}'
    expect(render(text, { rows: [{ id: 'a' }, { id: 'b' }] })).toBe('0:a,1:b')
    expect(template(text).variables).toEqual(new Set(['rows']))
  })

  it('nests, the inner this being nearest, and sees what is outside', () => {
    const text = '{{#each rows}}{{#each this}}{{this}}{{sep}}{{/each}}|{{/each}}'
    expect(render(text, { rows: [[1, 2], [], [3]], sep: '.' })).toBe('1.2.||3.|')
  })

  it('of nothing is nothing, and of no list an error', () => {
    expect(render('{{#each a}}x{{/each}}', { a: null })).toBe('')
    expect(renderError('{{#each a}}x{{/each}}', { a: { b: 1 } })).toEqual({
      message: 'a is an object: {{#each}} takes a list',
      at: 8,
      variable: 'a',
    })
    expect(renderError('{{#each b}}x{{/each}}', { a: [] }).message).toContain('unknown variable b')
  })
})

describe('lines', () => {
  it.each([
    ['a\n{{#if x}}\nb\n{{/if}}\nc', 'a\nb\nc'],
    ['a\n  {{#if x}}  \n  b\n\t{{/if}}\t\nc', 'a\n  b\nc'],
    ['a\r\n{{#if x}}\r\nb\r\n{{/if}}\r\nc', 'a\r\nb\r\nc'],
    ['{{#if x}}\nb\n{{/if}}', 'b\n'],
    ['- {{#if x}}b{{/if}}\nc', '- b\nc'],
    ['{{#if x}} b {{/if}}', ' b '],
    ['{{x}}\nc', '1\nc'],
    ['{{#each l}}\n- {{this}}\n{{/each}}\nend', '- p\n- q\nend'],
    ['{{#if x}}{{#if x}}\nb{{/if}}{{/if}}\n', '\nb\n'],
    ['\\{{\n{{#if x}}\nb\n{{/if}}\n', '{{\nb\n'],
  ])('%j', (text, expected) => {
    expect(render(text, { x: 1, l: ['p', 'q'] })).toBe(expected)
  })
})

describe('what is wrong is said', () => {
  const legal =
    'legal are {{path}}, {{#if test}}, {{else if test}}, {{else}}, {{/if}}, {{#each list}}, {{/each}}; write \\{{ for a literal {{'

  it.each([
    ['a {{b', '2: this {{ has no }}: write \\{{ for a literal {{'],
    ['{{}}', `2: a tag is empty: ${legal}`],
    ['{{a b}}', `2: unknown tag {{a b}}: ${legal}`],
    ['{{#unless a}}', `2: unknown tag {{#unless a}}: ${legal}`],
    ['{{"a":1}}', `2: unknown tag {{"a":1}}: ${legal}`],
    ['{{> part}}', `2: unknown tag {{> part}}: ${legal}`],
    ['{{{a}}}', '0: {{{ is no tag: values are never escaped, write {{path}}, or { {{path}} }'],
    ['{{#if a}}x', '2: {{#if}} is not closed: write {{/if}}'],
    ['{{#if a}}x{{else}}y', '2: {{#if}} is not closed: write {{/if}}'],
    ['{{#each a}}x', '2: {{#each}} is not closed: write {{/each}}'],
    ['{{#if a}}{{/each}}', '11: {{/each}} does not close {{#if}}: write {{/if}}'],
    ['{{#each a}}{{/if}}', '13: {{/if}} does not close {{#each}}: write {{/each}}'],
    ['{{#each a}}{{else}}{{/each}}', '13: {{#each}} has no {{else}}: write {{#if}} around it'],
    ['{{/if}}', '2: {{/if}} belongs to no block: open one with {{#if}} or {{#each}}'],
    ['{{else}}', '2: {{else}} belongs to no block: open one with {{#if}} or {{#each}}'],
    ['{{#if a}}{{else}}{{else}}{{/if}}', '19: {{else}} comes last and once: write {{/if}} here'],
    [
      '{{#if a}}{{else b}}{{/if}}',
      '11: unknown tag {{else b}}: write {{else}} or {{else if test}}',
    ],
    ['{{#if}}{{/if}}', '5: the condition is empty'],
    ['{{#if a = 1}}{{/if}}', "8: '=' is not an operator: write == to compare"],
    ["{{#if get('$.a')}}{{/if}}", '6: a template reads data by name: write order.id'],
    ['{{this}}', '2: this is only known inside {{#each}}'],
    ['{{#if @index}}{{/if}}', '6: @index is only known inside {{#each}}'],
    [
      '{{#each a}}{{@key}}{{/each}}',
      '13: unknown name @key: in {{#each}} there are this and @index',
    ],
  ])('%s', (text, expected) => {
    expect(error(text)).toBe(expected)
  })

  it('bounds blocks, loops and output', () => {
    expect(error('{{#if a}}'.repeat(60))).toContain('nest at most 50 deep')
    const list = Array.from({ length: 3_000 }, () => 'x'.repeat(2_000))
    expect(renderError('{{#each a}}{{this}}{{/each}}', { a: list }).message).toBe(
      'the text grows over 4000000 characters',
    )
    expect(renderError('{{#each a}}{{#each a}}{{/each}}{{/each}}', { a: list }).message).toContain(
      'more than 1000000 times',
    )
  })

  it('also of a value that is nested too deeply', () => {
    const deep = nest()
    expect(renderError('{{deep}}', deep).message).toBe('deep is nested too deeply to write')
    expect(render('{{#if deep == other}}x{{/if}}', { deep, other: nest() })).toBe('')
  })
})

describe('Law 16: untrusted text stays text', () => {
  const hostile = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '{{secret}}',
          '{{#if secret}}',
          '{{/if}}',
          '\\{{',
          '{{',
          '}}',
          '$.secret',
          '$&',
          '{{this}}',
        ),
        fc.string(),
      ),
    )
    .map((parts) => parts.join(''))

  it('a value is output as it is, whatever it holds', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const scope = { value, secret: 'LEAK', list: [value] }
        expect(render('<{{value}}>', scope)).toBe(`<${value}>`)
        expect(render('{{#each list}}{{this}}{{/each}}', scope)).toBe(value)
        expect(render("{{#if value == 'x'}}x{{else}}{{value}}{{/if}}", scope)).toBe(value)
        expect(JSON.parse(render('{{list}}', scope))).toEqual([value])
      }),
    )
  })

  it('every text compiles or says where it is wrong, and renders without a throw', () => {
    const piece = fc.constantFrom(
      '{{',
      '}}',
      '#if',
      '#each',
      'else',
      '/if',
      '/each',
      ' ',
      'a',
      'this',
      '.',
      "'",
      '\n',
      '\\',
      '==',
      '{{#if a}}',
      '{{/if}}',
      '{{#each a}}',
      '{{/each}}',
      '{{else}}',
      '{{a}}',
    )
    fc.assert(
      fc.property(fc.array(piece), fc.jsonValue(), (parts, a) => {
        const text = parts.join('')
        const compiled = compileTemplate(text)
        if (compiled.ok) compiled.template.render([JSON.parse(JSON.stringify({ a }))])
        else expect(compiled.error.at).toBeLessThanOrEqual(text.length)
      }),
      { numRuns: 500 },
    )
  })
})
