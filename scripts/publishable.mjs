// node scripts/publishable.mjs strip|restore — the packaged Nodes serve the checkout; a published
// package must not bring them along, so they are taken out of package.json while it is packed.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const manifest = fileURLToPath(new URL('../package.json', import.meta.url))
const kept = fileURLToPath(new URL('../package.json.kept', import.meta.url))
if (process.argv[2] === 'restore') renameSync(kept, manifest)
else {
  const text = readFileSync(manifest, 'utf8')
  writeFileSync(kept, text)
  const { optionalDependencies: _, overrides: __, devDependencies: ___, ...rest } = JSON.parse(text)
  writeFileSync(manifest, `${JSON.stringify(rest, null, 2)}\n`)
}
