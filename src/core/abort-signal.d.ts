// Core knows no platform; a tool's context only hands this on. Merges with the platform's own type.
interface AbortSignal {
  readonly aborted: boolean
}
