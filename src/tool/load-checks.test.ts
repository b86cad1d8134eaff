import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadWorkflow } from '../drive/load/load-workflow.ts'
import type { CheckSpec } from '../core/spec/spec.ts'
import { loadChecks, type LoadedChecks } from './load-checks.ts'

let base = ''
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'lockstep-checks-'))
  await writeFile(
    join(base, 'checks.mjs'),
    'export const officeHours = () => true\nexport const other = () => false\nexport const limit = 5\n',
  )
  await writeFile(join(base, 'broken.mjs'), 'throw new Error("no database")\n')
})
afterAll(() => rm(base, { recursive: true }))

function load(check: CheckSpec, given = {}): Promise<LoadedChecks> {
  const gates = { office_hours: { on: 'act', check } }
  return loadChecks({ workflow: 'w', gates, steps: [] }, { base, given })
}

async function message(check: CheckSpec, given = {}): Promise<string> {
  const { issues } = await load(check, given)
  return issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
}

describe('loadChecks', () => {
  it("finds the export with the gate's name in camel case, or the one that is named", async () => {
    const found = await load({ module: './checks.mjs' })
    expect(found.issues).toEqual([])
    expect([...found.checks.keys()]).toEqual(['office_hours'])
    expect(Object.keys(found.digests)).toEqual(['./checks.mjs'])
    const named = await load({ module: './checks.mjs', export: 'other' })
    expect(named.checks.get('office_hours')?.name).toBe('other')
  })
  it('takes a function from code where no module is named', async () => {
    const given = (): boolean => true
    expect((await load({}, { office_hours: given })).checks.get('office_hours')).toBe(given)
    expect(await message({}, { office_hour: given })).toContain('did you mean office_hour?')
    expect(await message({}, { toString: given })).toContain(
      'gates.office_hours.check: no function',
    )
  })
  it.each<[CheckSpec, string]>([
    [
      { module: './checks.mjs', export: 'othr' },
      'check.export: gate office_hours: ./checks.mjs exports no othr; did you mean other?',
    ],
    [{ module: './checks.mjs', export: 'limit' }, 'exports limit, which is no function'],
    [{ module: './broken.mjs' }, 'fails when it is imported: no database'],
    [{ module: './missing.mjs' }, 'check.module: gate office_hours: ./missing.mjs cannot be read'],
  ])('says what is wrong with %j', async (check, expected) => {
    expect(await message(check)).toContain(expected)
  })
  it("puts the module's text into the digest of the workflow", async () => {
    const digest = async (): Promise<string | null> => {
      const loaded = await loadWorkflow(
        {
          workflow: 'w',
          tools: { act: { client: true } },
          gates: { office_hours: { on: 'act', check: { module: './checks.mjs' } } },
          steps: [{ prompt: 'Go.', tools: ['act'] }],
        },
        { source: join(base, 'w.yaml') },
      )
      return loaded.ok ? loaded.workflow.plan.digest : null
    }
    const before = await digest()
    await writeFile(join(base, 'checks.mjs'), 'export const officeHours = () => false\n')
    expect(before).not.toBeNull()
    expect(await digest()).not.toBe(before)
  })
})
