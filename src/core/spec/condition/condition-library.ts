import type { ConditionFunction } from './condition-function.ts'
import { LIST_FUNCTIONS } from './condition-list.ts'
import { SCALAR_FUNCTIONS } from './condition-scalar.ts'
import { TIME_FUNCTIONS } from './condition-time.ts'

/**
 * The functions of the condition language by name. `get` is not among them, because its path is read
 * at compile time; nor are those that bind a name (`every`, `some`, `where`, `map`).
 */
export const FUNCTIONS: ReadonlyMap<string, ConditionFunction> = new Map([
  ...LIST_FUNCTIONS,
  ...SCALAR_FUNCTIONS,
  ...TIME_FUNCTIONS,
])
