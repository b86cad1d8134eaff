#!/usr/bin/env node
// The installed command: the built CLI from a package, the source from a checkout.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runOnNode24 } from '../scripts/node.mjs'

const built = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const source = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
await runOnNode24(existsSync(source) ? source : built, process.argv.slice(2))
