import { describe, expect, test } from 'vitest'
import { gateArtifact } from '../artifact-gate.ts'

const BEFORE =
  'We met the team in Zurich on 3 March 2026 and agreed on the scope and the price.\n\n'
const AFTER = '\n\nThe work begins in April.\n'

function said(text: string): string {
  const gated = gateArtifact(text, { name: 'report', spec: {} })
  if (gated.ok) return 'stored'
  const { reason, findings } = gated.rejection
  return `${reason}: ${findings.map(({ message }) => message).join(' | ')}`
}

const STUBS = [
  'Hi [friend],',
  'Dear [Mr./Ms. Last Name],',
  'Dear {Mr./Ms.} {Last},',
  'Dear {0}, your order has shipped.',
  'Hello $name,',
  '[he/she] will call.',
  '[pronoun]',
  '[specific example]',
  '[quantifiable result]',
  '[# of years] of experience',
  '[list of skills]',
  '[ADD REVENUE FIGURES]',
  '[platform where you found the job]',
  "[Supervisor's Name]",
  '[Datum einfügen]',
  '[Name eintragen]',
  '[Anrede]',
  '[vul in]',
  '[введите имя]',
  '[content]',
  'Call 1-800-XXX-XXXX.',
  'Call 000-000-0000.',
  'Founded in 19XX.',
  'Founded in YYYY.',
  'It grew by __%.',
  'It grew by xx%.',
  'Amount: €x,xxx',
  'Revenue grew to TKTK.',
  '[TK]',
  '![Team](https://via.placeholder.com/150)',
  '![Team](placeholder.png)',
  '[click here](URL)',
  'Vestibulum ante ipsum primis in faucibus.',
  'Ut enim ad minim veniam, quis nostrud.',
  '// ... existing code ...',
  '# ... rest of the code here ...',
  'Write the report here.',
  'Your letter here',
  '_Content goes here_',
  'Content to be provided by marketing.',
  'Type your message here',
  'blah blah blah',
  'asdf asdf',
]

describe('what a whole phrase gives away', () => {
  test.each(STUBS)('%j alone', (text) => {
    expect(said(text)).toMatch(/^placeholder: /)
  })
  test.each(STUBS)('%j between honest paragraphs', (text) => {
    expect(said(`${BEFORE}${text}${AFTER}`)).toMatch(/^placeholder: /)
  })
  test.each([
    'As an AI language model, I cannot write this.',
    'I am sorry, but I cannot help with that.',
    'Sure! Here is the letter:',
  ])('a whole text that says there is none: %j', (text) => {
    expect(said(text)).toMatch(/^placeholder: /)
  })
})

describe('what only looks like it', () => {
  test.each([
    '| Task | Status |\n|---|---|\n| Paint | To do |\n| Call Ben | Done |\n',
    '| Status | Count |\n|---|---|\n| To do | 3 |\n| Done | 5 |\n',
    'name: ci\non: [push]\njobs:\n  test:\n    runs-on: ${{ matrix.os }}\n    env:\n      TOKEN: ${{ secrets.TOKEN }}\n',
    'Usage: tool [options] <file> [name]\n\nOptions:\n  -o <file>   write to file\n  --name <name>  the name\n',
    'NDA\n\nBetween Acme AG and Beta GmbH.\n\nSigned:\n\n______________________\nAnna Meier, Acme AG\n\nDate: ____________\n',
    'LEASE\n\nBetween Anna Meier ("Landlord") and Ben Kurz ("Tenant").\n\n1. Rent. CHF 1,500 a month.\n\nLandlord: ______________    Date: ______________\n\nTenant: ______________    Date: ______________\n',
    'Exercise 2. Fill in the gaps.\n\n1. She ____ (go) to school.\n2. They ____ (be) late.\n',
    'Interview\n\nQ: Your city?\nA: Bern.\n\nQ: Date of birth?\nA: 3 March 1990.\n',
    'Q: What is lorem ipsum? A: A dummy text that printers use.',
    'Dear [Ada](https://x.y/ada), thank you for the pull request.',
    'The rest of the day... we spent at the lake, and the rest of the team ... went home.',
    'The court is [specific to Bern] in such matters; "[t]he list of creditors" was long.',
    'In 1900 the XX corps moved; the dates are in YYYY-MM-DD format; 100% of 20 is 20.',
    'See [#](#install) and [Contents](#contents), [Summary of findings](#summary) and [list of figures][1].\n\n[1]: #figures',
    'ISBN 978-3-16-148410-0, part 000-000-0000-7, call +41 44 123 45 67 or 1-800-555-0199.',
    'Cicero wrote “sed ut perspiciatis unde omnis iste natus error” in the first book.',
    'I am sorry, but I cannot attend the meeting on Friday. Ben will take my place.',
    'Of course, here is the plan:\n\n1. Back up.\n2. Migrate.\n3. Verify.',
    'Paste the text here and press OK. Type here what you need, and we will answer.',
    'Actions:\n\n- Text to be provided by Ben on Friday\n- Figures to be checked by Ada\n',
    'TK Maxx opened in Bern; flight TK 1907 leaves at ten.',
    '- [Ada] Send the list of guests\n- [Ben] Write to the supervisor\n',
  ])('%j', (text) => {
    expect(said(text)).toBe('stored')
    expect(said(`${BEFORE}${text}${AFTER}`)).toBe('stored')
  })
  test('a form that nobody filled in is none of these', () => {
    expect(said('Landlord: ______________    Date: ______________')).toMatch(/^placeholder: /)
    expect(said('Fill in the blanks.\n\nClient: ______________')).toMatch(/^placeholder: /)
  })
})
