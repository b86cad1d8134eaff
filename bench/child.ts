import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'

/** What a child process came to. */
export interface ChildResult {
  /** From before its start until its exit. */
  readonly milliseconds: number
  readonly output: string
}

/** Runs Node on these arguments until it exits. Rejects with what it wrote when it fails. */
export function runChild(args: readonly string[]): Promise<ChildResult> {
  const begun = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const output: string[] = []
    const errors: string[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      const milliseconds = performance.now() - begun
      if (code === 0) resolve({ milliseconds, output: output.join('') })
      else
        reject(new Error(`node ${args.join(' ')} ended with ${String(code)}: ${errors.join('')}`))
    })
  })
}

/** Reads a number by name from a child's JSON; throws when it is missing. */
export function readNumber(output: string, name: string): number {
  const value: unknown = JSON.parse(output)
  const number: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  if (typeof number !== 'number') throw new TypeError(`${name} is no number in ${output}`)
  return number
}
