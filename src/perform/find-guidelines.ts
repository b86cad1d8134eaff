import { fitGuidelines, shownGuideline } from '../core/spec/guideline/select-guidelines.ts'
import { matchGuidelines } from '../core/spec/guideline/rank-guidelines.ts'
import { summaryOf } from '../core/spec/guideline/guideline.ts'
import { isJsonObject, type Json } from '../core/spec/json.ts'
import type { World } from './world.ts'

const TOOL = 'smart_guidelines'

/**
 * Executes `smart_guidelines`: the guidelines that fit a query, within the workflow's budget, those
 * that the model has whole already by name alone (S0.25). Of a workflow without guidelines: none.
 */
export function findGuidelines(args: Json, { plan, state }: World): Json {
  const { guidelines } = plan
  const query = isJsonObject(args) ? args['query'] : null
  if (guidelines === null || typeof query !== 'string') return { guidelines: [] }
  const { library, budget } = guidelines
  const found = matchGuidelines(library, { task: query, match: guidelines.match ?? 'balanced' })
  const known = knownWhole(state.branch)
  const fits = found.map(({ guideline }) => guideline)
  const fresh = fits.filter((each) => !known(each.id, shownGuideline(each, { whole: true })))
  const { applied } = fitGuidelines({ required: [], matched: fresh, budget })
  const already = fits.filter((each) => !fresh.includes(each)).map(({ id }) => id)
  const texts = applied.ids.flatMap((id): Json[] => {
    const guideline = fresh.find((each) => each.id === id)
    if (guideline === undefined) return []
    const { title, text } = guideline
    const short = applied.demoted.includes(id)
    return [short ? { id, title, summary: summaryOf(guideline) } : { id, title, text }]
  })
  return {
    guidelines: texts,
    ...(already.length === 0 ? {} : { you_have_already: already }),
    ...(applied.left_out.length === 0 ? {} : { left_out: [...applied.left_out] }),
  }
}

/** Whether the branch's prefix, or an earlier answer of the tool, has a guideline whole. */
function knownWhole({
  instructions,
  results,
}: World['state']['branch']): (id: string, shown: string) => boolean {
  const given = new Set<Json | undefined>()
  const history = results[TOOL] ?? null
  const outputs = isJsonObject(history) ? (history['outputs'] ?? null) : null
  const answers = isJsonObject(outputs) ? outputs['all'] : []
  for (const answer of Array.isArray(answers) ? answers : []) {
    const texts = isJsonObject(answer) ? answer['guidelines'] : []
    for (const each of Array.isArray(texts) ? texts : []) {
      if (isJsonObject(each) && each['text'] !== undefined) given.add(each['id'])
    }
  }
  return (id, shown) => given.has(id) || instructions?.includes(shown) === true
}
