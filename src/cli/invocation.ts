/** How the user called this command line, to be repeated in advice. */
export function invocation(env: Readonly<Record<string, string | undefined>>): string {
  if (env['npm_command'] === 'exec') return 'npx lockstep'
  return env['npm_lifecycle_event'] === undefined ? 'lockstep' : 'npm run -s lockstep --'
}

/** Quotes an argument for a shell, where it needs it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
