import { InvalidArgumentError } from 'commander'

/** Reads an option that is a whole number from 1. */
export function wholeNumber(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgumentError('it must be a whole number from 1.')
}
