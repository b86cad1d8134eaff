import { legalNames } from '../../core/spec/issue.ts'
import { isJsonObject, type JsonObject } from '../../core/spec/json.ts'
import type { CaseFile, GateCase, GateCases, ReplayEvent, Suites } from './case-file.ts'

/*
 * What is wrong with a file of cases although its shape is right, said before anything runs: a slip
 * in a case must not make it pass.
 */

/** Every slip of a file, with its case and event; empty where there is none. */
export function checkCases(file: CaseFile): readonly string[] {
  switch (file.format) {
    case 'gate-cases/1':
      return checkGateCases(file)
    case 'gate-cases/1 agentdojo':
      return checkSuites(file)
    case 'args-cases/1':
      return repeated(file.cases.map(({ id }) => id))
    case 'recorded/1':
      return []
  }
  return file satisfies never
}

function checkGateCases(file: GateCases): readonly string[] {
  const cases = [...file.must_pass, ...file.near_miss, ...file.must_block]
  return [
    ...repeated(cases.map(({ id }) => id)),
    ...cases.flatMap((each) => [
      ...wrongPositions(each),
      ...wrongResults(each.id, each.events, file.results),
    ]),
    ...file.must_block
      .filter(({ must_block }) => must_block.length === 0)
      .map(({ id }) => `case ${id}: \`must_block\` names no call, so nothing is tried`),
  ]
}

function checkSuites({ suites, results }: Suites): readonly string[] {
  return suites.flatMap(({ suite, user_tasks }) => [
    ...repeated(user_tasks.map(({ id }) => `${suite}/${id}`)),
    ...user_tasks.flatMap(({ id, events }) => wrongResults(`${suite}/${id}`, events, results)),
  ])
}

function repeated(ids: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const id of ids) (seen.has(id) ? twice : seen).add(id)
  return [...twice].map((id) => `case ${id}: there are two cases of this id; give each its own`)
}

function wrongPositions({ id, must_block, events }: GateCase): readonly string[] {
  const calls = events.flatMap((event, index) => ('call' in event ? [index] : []))
  const legal = calls.length === 0 ? 'there are no calls' : `calls are at ${calls.join(', ')}`
  return must_block
    .filter((position) => !calls.includes(position))
    .map((position) => {
      const why = events[position] === undefined ? 'is out of range' : 'is what the user says'
      return `case ${id}: \`must_block\` ${position} ${why}; ${legal} (from 0, user events counted)`
    })
}

function wrongResults(
  id: string,
  events: readonly ReplayEvent[],
  results: JsonObject,
): readonly string[] {
  return events.flatMap((event, index) => {
    if (!('call' in event) || event.result === undefined) return []
    if (Object.hasOwn(results, event.result)) return []
    const legal = legalNames(event.result, Object.keys(results))
    return [
      `case ${id}, event ${index}: \`results\` has no ${JSON.stringify(event.result)}; ${legal}`,
    ]
  })
}

/** Names a place in a file as its author thinks of it: by case and event, and what is left of the path. */
export function placeIn(value: unknown, path: readonly PropertyKey[]): string {
  const words: string[] = []
  let rest: string[] = []
  let at: unknown = value
  let list: PropertyKey = ''
  for (const key of path) {
    at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined
    const id = isJsonObject(at) ? at['id'] : undefined
    const isEvent = typeof key === 'number' && list === 'events'
    const named = isEvent ? `event ${key}` : typeof id === 'string' ? `case ${id}` : null
    if (typeof key === 'number' && named !== null) words.push(named)
    rest = typeof key === 'number' && named !== null ? [] : [...rest, String(key)]
    list = key
  }
  return [...words, rest.join('.')].filter((each) => each !== '').join(', ')
}
