import type { JsonObject, ToolDefinition } from '../../src/index.ts'

/*
 * What a sales team has lying about: seven more tools. Only two of them matter to the task; the
 * others are what a model stumbles over when everything is in reach.
 */

interface OfCompany {
  readonly company: string
}

interface OfPerson {
  readonly name: string
}

const COMPANY: JsonObject = {
  type: 'object',
  required: ['company'],
  properties: { company: { type: 'string' } },
  additionalProperties: false,
}

const PERSON: JsonObject = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string', description: 'from find_contact' } },
  additionalProperties: false,
}

/** The one source of a person's name. */
export const find_contact: ToolDefinition<OfCompany> = {
  about: 'Find the technical leader of a company. Use `name` with linkedin_activity.',
  input: COMPANY,
  effect: 'read',
  execute: ({ company }) => ({ company, name: 'Sarah Chen', title: 'VP of Engineering' }),
}

/** What the email can be personal about. */
export const linkedin_activity: ToolDefinition<OfPerson> = {
  about: 'Recent posts of a person; `name` comes from find_contact.',
  input: PERSON,
  effect: 'read',
  execute: ({ name }) => ({ name, posts: ['Rebalancing a Kafka cluster without waking anybody'] }),
}

/** Headlines. */
export const company_news: ToolDefinition<OfCompany> = {
  about: 'Headlines about a company.',
  input: COMPANY,
  effect: 'read',
  execute: ({ company }) => ({ company, headlines: ['Acme opens an office in Lyon'] }),
}

/** Own records. */
export const crm_lookup: ToolDefinition<OfCompany> = {
  about: 'Our own records of a company.',
  input: COMPANY,
  effect: 'read',
  execute: ({ company }) => ({ company, stage: 'lead' }),
}

/** Firmographics. */
export const enrich_company: ToolDefinition<OfCompany> = {
  about: 'Size and industry of a company.',
  input: COMPANY,
  effect: 'read',
  execute: ({ company }) => ({ company, employees: 240, industry: 'logistics' }),
}

/** Guesses an address from a name. */
export const email_finder: ToolDefinition<OfPerson> = {
  about: 'Guess the email address of a person.',
  input: PERSON,
  effect: 'read',
  execute: ({ name }) => ({
    name,
    email: `${name.toLowerCase().replace(/\W+/, '.')}@acme.example`,
  }),
}

/** Free slots. */
export const calendar: ToolDefinition<OfPerson> = {
  about: 'Our free slots for a call with a person.',
  input: PERSON,
  effect: 'read',
  execute: ({ name }) => ({ name, slots: ['Tuesday 10:00', 'Thursday 15:00'] }),
}
