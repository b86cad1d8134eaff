import type { StandardSchema } from '../core/spec/define.ts'
import type { Json, JsonObject } from '../core/spec/json.ts'

/**
 * The type of a tool's arguments: a Standard Schema's output, what a JSON Schema written in place
 * says, else plain JSON (S0.26).
 */
export type ArgumentsOf<Schema> =
  Schema extends StandardSchema<infer Output>
    ? Output
    : Schema extends { readonly type: 'object'; readonly properties: object }
      ? ValueOf<Schema>
      : Readonly<Record<string, Json>>

type ValueOf<Schema> = Schema extends { readonly const: infer Value }
  ? Value
  : Schema extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : Schema extends { readonly type: 'string' }
      ? string
      : Schema extends { readonly type: 'number' | 'integer' }
        ? number
        : Schema extends { readonly type: 'boolean' }
          ? boolean
          : Schema extends { readonly type: 'null' }
            ? null
            : Schema extends { readonly type: 'array' }
              ? readonly (Schema extends { readonly items: infer Items } ? ValueOf<Items> : Json)[]
              : Schema extends { readonly type: 'object'; readonly properties: infer Members }
                ? MembersOf<Members, RequiredOf<Schema>>
                : Schema extends { readonly type: 'object' }
                  ? JsonObject
                  : Json

type RequiredOf<Schema> = Schema extends { readonly required: readonly (infer Name)[] }
  ? Name
  : never

type MembersOf<Members, Required> = {
  readonly [Name in keyof Members as Name extends Required ? Name : never]: ValueOf<Members[Name]>
} & {
  readonly [Name in keyof Members as Name extends Required ? never : Name]?: ValueOf<Members[Name]>
}
