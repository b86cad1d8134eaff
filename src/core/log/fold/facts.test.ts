import { describe, expect, it } from 'vitest'
import type { Fact } from '../branch.ts'
import type { BranchDraft } from './draft.ts'
import { newBranch } from './new-draft.ts'
import { addFact, forgetFact, keepFacts } from './facts.ts'

function branchWith(...facts: readonly Fact[]): BranchDraft {
  const branch = newBranch(['pay', 'book'], { id: '', parent: null, depth: 0, sinceMs: 0 })
  for (const fact of facts) addFact(branch, fact)
  return branch
}

function fact(tool: string, seq: number): Fact {
  return { call: `c${seq}`, tool, args: { seq }, output: { number: `no-${seq}` }, turn: 1, seq }
}

/** What gates and conditions can read of a branch's facts. */
function readable({ facts, tools, results, successes, origins }: BranchDraft): unknown {
  return structuredClone({ facts, tools, results, successes, known: origins.known.read() })
}

const three = [fact('pay', 1), fact('book', 2), fact('pay', 3)]

describe('a success that was taken back (Law 3)', () => {
  for (const gone of ['c1', 'c2', 'c3']) {
    it(`leaves nothing behind, and the others as they were: ${gone}`, () => {
      const branch = branchWith(...three)
      forgetFact(branch, gone)
      expect(readable(branch)).toEqual(
        readable(branchWith(...three.filter(({ call }) => call !== gone))),
      )
    })
  }

  it('is not found again by what was read before', () => {
    const branch = branchWith(...three)
    expect(branch.origins.known.read().has('no-3')).toBe(true)
    forgetFact(branch, 'c3')
    expect(branch.origins.known.read().has('no-3')).toBe(false)
    addFact(branch, fact('pay', 4))
    expect(branch.origins.known.read().has('no-4')).toBe(true)
  })

  it('is nothing where there is no such call', () => {
    const branch = branchWith(...three)
    forgetFact(branch, 'c9')
    expect(readable(branch)).toEqual(readable(branchWith(...three)))
  })

  it('goes with all that came after it when a branch goes back', () => {
    const branch = branchWith(...three)
    keepFacts(branch, ({ seq }) => seq < 2)
    expect(readable(branch)).toEqual(readable(branchWith(fact('pay', 1))))
  })
})
