import { describe, expect, test } from 'vitest'
import { compileTemplate } from '../../core/spec/template/template.ts'
import { fromVelocity, literalTemplate, type VelocityNames } from './velocity.ts'

const NAMES: VelocityNames = {
  agent: new Map([
    ['name', 'Support {{EU}}'],
    ['key', 'agt_1'],
    ['description', ''],
  ]),
  tools: [
    { name: 'search', description: 'Search the {{docs}}' },
    { name: 'write_file', description: 'Write a file' },
  ],
}

const VALUES = {
  today: '2026-11-21',
  agent: { metadata: { tier: 'gold' } },
  session: {
    name: 'Ann',
    metadata: { lang: 'de', list: ['a', 'b'], evil: '{{today}} $currentDate' },
  },
}

/** A Velocity template, rendered by our own engine. */
function rendered(text: string): string {
  const read = fromVelocity(text, NAMES)
  if (!read.ok) return `error: ${read.message}`
  const compiled = compileTemplate(read.template)
  if (!compiled.ok) return `no template: ${compiled.error.message} in ${read.template}`
  const result = compiled.template.render([VALUES])
  return result.ok ? result.text : `unknown: ${result.error.message}`
}

describe("Velocity's templates say the same as templates of ours", () => {
  test.each([
    ['nothing of it', 'Produce a plan. Do not act.', 'Produce a plan. Do not act.'],
    ['the date', 'Today: $currentDate.', 'Today: 2026-11-21.'],
    ['metadata', '$agent.metadata.tier, ${session.metadata.lang}-CH', 'gold, de-CH'],
    ['what the file knows', '$agent.name ($agent.key)', 'Support {{EU}} (agt_1)'],
    ['a quiet reference', 'Hi $!session.metadata.nobody$!{session.name}!', 'Hi Ann!'],
    ['an index', '$session.metadata.list[1]', 'b'],
    ['money and other dollars', '$5, $, a$ and \\$session.name', '$5, $, a$ and $session.name'],
    ['headings and hashtags', '# Rules\nUse #tags and C#', '# Rules\nUse #tags and C#'],
    ['braces of ours', 'Write {{x}} and \\{{y}} and {{{{', 'Write {{x}} and \\{{y}} and {{{{'],
    ['JSON around a variable', '{"name":"$session.name"}', '{"name":"Ann"}'],
    ['a brace behind one', '[${session.name}}', '[Ann}'],
    ['plain text', '#[[ #if $x {{y}} ]]#.', ' #if $x {{y}} .'],
    ['values, which stay text', '$session.metadata.evil', '{{today}} $currentDate'],
    ['a condition', "#if($session.metadata.lang == 'de')Ja#{else}Yes#end", 'Ja'],
    ['#elseif', '#if($session.x)A#elseif($agent.metadata.tier eq "gold")B#else C#end', 'B'],
    ['and, or, not', '#if(!$session.x && ($session.name || $session.y))A#end', 'A'],
    ['a loop', '#foreach($each in $session.metadata.list)$foreach.index$each #end', '0a 1b '],
  ])('%s', (_, text, expected) => {
    expect(rendered(text)).toBe(expected)
  })

  test("the tools of the step are written out, as in Vectara's own example", () => {
    const text =
      'You have:\n#foreach($tool in $tools)\n- ${tool.name}: ${tool.description}\n#end\nUse them.'
    expect(rendered(text)).toBe(
      'You have:\n- search: Search the {{docs}}\n- write_file: Write a file\nUse them.',
    )
  })

  test('a comment is left out with a warning that quotes it', () => {
    const read = fromVelocity('A\n## Rules\nB #* why *#C', NAMES)
    expect(read).toMatchObject({
      ok: true,
      template: 'A\nB C',
      warnings: [
        expect.stringContaining('`## Rules` is a comment in Velocity'),
        expect.stringContaining('`#* why *#`'),
      ],
    })
  })

  test('plain text is text, whatever stands in it', () => {
    const compiled = compileTemplate(literalTemplate('## {{x}} $y {{{'))
    expect(compiled.ok && compiled.template.render([])).toEqual({
      ok: true,
      text: '## {{x}} $y {{{',
    })
  })
})

describe('what has no counterpart is an error that says what would be legal', () => {
  test.each([
    [
      'Hi $user.name',
      'there is no variable $user.name; legal: $agent, $currentDate, $session, $tools',
    ],
    ['$sesion.name', 'did you mean $session?'],
    ['$agent.nam', '$agent.nam is not known; did you mean name?'],
    ['$session', 'name what of the session'],
    ['$tools', '#foreach($tool in $tools)'],
    ['$session.name.toUpperCase()', 'toUpperCase(…) calls a method'],
    ['#set($a = 1)', '#set has no counterpart here; #if, #elseif'],
    ['#parse("x.vm")', '#parse has no counterpart'],
    ['#shout("x")', 'the directive #shout(…) is unknown'],
    ['#if($session.x)A', '#if is not closed by #end'],
    ['#foreach($t in $tools)A', '#foreach is not closed by #end'],
    ['#foreach($t of $tools)#end', 'is written as #foreach('],
    ['A#end', '#end belongs to no #if'],
    ['#if $x', 'needs a condition in parentheses'],
    ['#if($x', 'no closing parenthesis'],
    ['${session.name', 'is not closed by }'],
    ['{$session.name}', 'right before a variable'],
    ['#foreach($t in $tools)$t.nme#end', 'a tool has no `nme`'],
    ['#foreach($a in $session.l)#foreach($b in $session.m)$a#end#end', 'only the innermost'],
  ])('%s', (text, message) => {
    expect(rendered(text)).toMatch(/^error: /)
    expect(rendered(text)).toContain(message)
  })

  test('nesting has a limit', () => {
    expect(rendered('#if($session.x)'.repeat(60) + '#end'.repeat(60))).toContain('at most 40 deep')
  })
})
