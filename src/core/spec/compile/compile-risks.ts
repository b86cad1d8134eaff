import { errorAt, legalNames, warningAt, type Issue } from '../issue.ts'
import type { Risk, WorkflowSpec } from '../spec.ts'

/** The tier that the workflow's domain gives a tool, before what the tool says itself (S4.39). */
export function domainRisk(spec: WorkflowSpec, tool: string): Risk | undefined {
  const domain = ownTiers(spec.risks, spec.domain ?? '')
  return domain !== undefined && Object.hasOwn(domain, tool) ? domain[tool] : undefined
}

function ownTiers(
  risks: WorkflowSpec['risks'],
  domain: string,
): Readonly<Record<string, Risk>> | undefined {
  return risks !== undefined && Object.hasOwn(risks, domain) ? risks[domain] : undefined
}

/** Checks that every tier is of a tool that exists, and that the domain is one of those in `risks`. */
export function checkRisks(
  spec: WorkflowSpec,
  known: { readonly tools: ReadonlyMap<string, unknown>; readonly issues: Issue[] },
): void {
  const { tools, issues } = known
  const { risks, domain } = spec
  if (risks === undefined) return
  for (const [each, tiers] of Object.entries(risks)) {
    for (const tool of Object.keys(tiers)) {
      if (tools.has(tool)) continue
      const message = `there is no tool \`${tool}\`; ${legalNames(tool, tools.keys())}`
      issues.push(errorAt(['risks', each, tool], message))
    }
  }
  const legal = Object.keys(risks)
  if (domain === undefined) {
    const message = `no tier of these holds: set \`domain\` to one of ${legal.join(', ')}`
    issues.push(warningAt(['risks'], message))
  } else if (!Object.hasOwn(risks, domain)) {
    const message = `\`risks\` has no domain \`${domain}\`; ${legalNames(domain, legal)}`
    issues.push(errorAt(['domain'], message))
  }
}
