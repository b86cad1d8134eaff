// In a checkout, `lockstep` and its doors (`lockstep/client` …) are the source: what docs/ shows runs
// as it stands, with no build, wherever the importing file lies. Not part of the package.
import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'

registerHooks({
  resolve(specifier, context, next) {
    const [, door = 'index'] = /^lockstep(?:\/([a-z]+))?$/.exec(specifier) ?? [null, '']
    if (door === '') return next(specifier, context)
    const source = new URL(`../src/${door}.ts`, import.meta.url)
    return next(existsSync(source) ? source.href : specifier, context)
  },
})
