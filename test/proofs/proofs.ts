/** By file, then by the title of a test (or of a case in a YAML file): the ids that it proves, each with a sentence. */
export type Proofs = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>
>
