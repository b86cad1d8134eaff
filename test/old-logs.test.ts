import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decide } from '../src/core/decide/decide.ts'
import { planOf } from '../src/core/given.ts'
import type { Event } from '../src/core/log/event.ts'
import { fold } from '../src/core/log/fold/fold.ts'
import { runRecord, type RunRecord } from '../src/core/log/record/run-record.ts'
import { upcast } from '../src/core/log/upcast.ts'
import type { WorkflowSpec } from '../src/core/spec/spec.ts'

/*
 * Logs as an earlier version wrote them, with the definition that they were pinned to and the record
 * that this version made of them. They are never written again: what reads them must go on doing so.
 */

const FOLDER = join(import.meta.dirname, 'fixtures/logs')
const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.jsonl'))
  .map((name) => name.replace('.jsonl', ''))

interface Kept {
  readonly spec: WorkflowSpec
  readonly record: RunRecord
}

function keptOf(name: string): Kept {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'))
}

function eventsOf(name: string): readonly Event[] {
  const lines = readFileSync(join(FOLDER, `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => {
    const read = upcast(JSON.parse(line))
    if (!read.ok) throw new Error(read.message)
    return read.event
  })
}

test('there are some', () => {
  expect(NAMES).toEqual(['escalated', 'outreach', 'refund'])
})

describe.each(NAMES)('the log of %s', (name) => {
  const { spec, record } = keptOf(name)
  const events = eventsOf(name)
  const tools = Object.keys(spec.tools ?? {}).map((tool): [string, object] => [tool, {}])
  const plan = planOf(spec, Object.fromEntries(tools))

  test('still folds to where the run rested, and the kernel leaves it there', () => {
    const state = fold(plan.histories, events)
    expect(state.rest?.reason).toBe(record.reason)
    expect(state.rest?.pending).toEqual(record.pending ?? [])
    expect(state.branch).toMatchObject({ step: record.step, output: record.output })
    expect(decide(plan, state)).toMatchObject({ type: 'rest', reason: record.reason })
  })

  test('still reads as the record that was made of it', () => {
    const { ledger, ...read } = runRecord(events)
    const { ledger: kept, ...rest } = record
    expect(read).toMatchObject(rest)
    const verdicts = ledger.filter(({ kind }) => kind === 'call.judged')
    expect(verdicts).toMatchObject(kept)
    expect(verdicts).toHaveLength(kept.length)
  })
})
