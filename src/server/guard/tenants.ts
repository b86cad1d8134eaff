import type { Caller, Scope } from '../server-context.ts'

/*
 * Whose things are whose, and what a key has to allow for a request. A tenant's objects carry its
 * name in their ids (`ownsRun`); what each route asks of a key is decided here for all of them, so
 * that a route which forgets to ask is closed all the same.
 */

/** Every scope there is, in the order in which they are shown. */
export const SCOPES: readonly ['run', 'approve', 'read', 'admin'] = [
  'run',
  'approve',
  'read',
  'admin',
]

/** The name of a tenant. */
export const TENANT: RegExp = /^[a-zA-Z0-9-]{1,40}$/

/** Everybody on a server without keys, which listens on loopback alone. */
export const LOCAL_CALLER: Caller = {
  key: 'local',
  tenant: 'local',
  scopes: new Set(SCOPES),
  by: 'local',
}

/** Last parts of paths where a person's word is taken, which a model's caller may not give. */
const PEOPLES_WORDS: ReadonlySet<string> = new Set([
  'approvals',
  'approve',
  'deny',
  'handoff',
  'settle',
])

/** What a request needs, by method and path: looking is `read`, a person's answer `approve`, all else `run`. */
export function neededScope(method: string, path: string): Scope {
  if (method === 'GET' || method === 'HEAD') return 'read'
  const parts = path.split('/')
  // `…/approvals` and `…/approvals/ID` alike.
  return parts.slice(-2).some((part) => PEOPLES_WORDS.has(part)) ? 'approve' : 'run'
}

/** True where a key lets its holder do this; `admin` is all of it. */
export function mayDo({ scopes }: Pick<Caller, 'scopes'>, scope: Scope): boolean {
  return scopes.has(scope) || scopes.has('admin')
}

/** Whose run it is, by its id; a run that was not begun for anybody is `default`'s, as without a server. */
export function tenantOf(run: string): string {
  const end = run.indexOf('~')
  return end < 1 ? 'default' : run.slice(0, end)
}
