import { performance } from 'node:perf_hooks'

/** One thing to time against others. `run` does the workload once. */
export interface Contender {
  readonly name: string
  readonly run: () => Promise<void>
}

export interface Timing {
  /** Rounds whose median counts, after `warmUp` rounds that do not. */
  readonly rounds: number
  readonly warmUp: number
  /** How often a contender runs within one round. */
  readonly batch: number
}

/**
 * Times contenders in turns (A B A B …), so that what else the machine does falls on all alike.
 * Gives the median of the rounds by name, in microseconds for one `run`.
 */
export async function timeInTurns(
  contenders: readonly Contender[],
  timing: Timing,
): Promise<ReadonlyMap<string, number>> {
  const samples = new Map(contenders.map(({ name }): [string, number[]] => [name, []]))
  for (let round = -timing.warmUp; round < timing.rounds; round++) {
    for (const { name, run } of contenders) {
      const begun = performance.now()
      for (let count = 0; count < timing.batch; count++) await run()
      const microseconds = ((performance.now() - begun) * 1_000) / timing.batch
      if (round >= 0) samples.get(name)?.push(microseconds)
    }
  }
  return new Map([...samples].map(([name, values]) => [name, median(values)]))
}

/** The middle value; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** A measured value by name; throws when it was never taken. */
export function taken(values: ReadonlyMap<string, number>, name: string): number {
  const value = values.get(name)
  if (value === undefined) throw new RangeError(`${name} was not measured`)
  return value
}
