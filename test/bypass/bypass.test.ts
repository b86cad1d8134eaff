import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { memoryStore } from '../../src/index.ts'
import { sqliteStore } from '../../src/sqlite.ts'
import { ATTACKS } from './attack.ts'
import { nameOf, wrongs, writesOf } from './desk.ts'
import { deskSpec, play, type Played } from './lab.ts'

/*
 * Attempts to get around the gates (S2.16). Each is played on every store, and with the driver dying
 * at each of its appends; and without the gates that answered it, it must succeed, so that none of
 * them is no attack at all.
 */

const folder = mkdtempSync(join(tmpdir(), 'lockstep-bypass-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

const DRIVERS = {
  'in memory': memoryStore,
  'on sqlite': () => sqliteStore(join(folder, `${(files += 1)}.db`)),
} as const

test('there are sixty and more, each with a name of its own', () => {
  expect(ATTACKS.length).toBeGreaterThanOrEqual(60)
  expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length)
})

describe.each(Object.entries(DRIVERS))('an attack, %s', (_, store) => {
  test.each(ATTACKS)('$name', async (attack) => {
    const { deeds, words, record } = await play(attack, { store })
    expect(wrongs(deeds, words)).toEqual([])
    expect(writesOf(deeds)).toEqual([...attack.did])
    const objecting = record.ledger.filter((entry) => entry.verdict !== 'allow')
    expect(objecting.map((entry) => entry.gate)).toEqual(expect.arrayContaining([...attack.by]))
    if (attack.reason !== undefined) expect(record.reason).toBe(attack.reason)
  })
})

const DECLARED = Object.keys((await deskSpec()).gates ?? {})
const held = ATTACKS.filter(
  ({ by }) => by.length > 0 && by.every((gate) => DECLARED.includes(gate)),
)

test.each(held)('$name comes further without the gates that answered it', async (attack) => {
  const whole = await play(attack)
  const open = await play(attack, { without: attack.by })
  expect(cameTo(open)).not.toEqual(cameTo(whole))
})

/** How far an attack came: what ran, what was wrong with it, and what the run waits for. */
function cameTo({ deeds, words, record }: Played): unknown {
  const ran = deeds.map(({ tool, args }) => nameOf(tool, args))
  return { ran, wrong: wrongs(deeds, words), reason: record.reason }
}

test.each(ATTACKS)('$name, the driver dying at each append', async (attack) => {
  const { appends } = await play(attack)
  for (let at = 1; at <= appends; at++) {
    // Both ways of dying, in turns: all of them take a minute more and found nothing else.
    const written = at % 2 === 0
    const { deeds, words } = await play(attack, { crash: { at, written } })
    expect(wrongs(deeds, words), `append ${at}, ${written ? '' : 'not '}written`).toEqual([])
  }
})
