/**
 * Says of which branch an event, an effect or a pending call is; of the run itself ('' or absent)
 * nothing is said, and what says so already is left alone.
 */
export function inBranch<Thing extends object>(
  thing: Thing,
  branch: string | undefined,
): Thing & { readonly branch?: string } {
  if (branch === undefined || branch === '' || 'branch' in thing) return thing
  return { ...thing, branch }
}
