import type { Proofs } from './proofs.ts'

/** What tests of `POST /responses` prove. */
export const RESPONSES: Proofs = {
  'src/dialect/personize/personize.test.ts': {
    'keeps the steps in their order, each with its own tools (S0.1-S0.3, S0.40)': {
      'S0.2': 'A step of a request has its prompt.',
    },
    'gives a step without `tools` the tools of the caller, and one with `[]` none (S0.31, S0.41)': {
      'S0.31': "A step without `tools` may call the caller's.",
      'S0.32': "The caller's tools are parted from the server's.",
    },
  },
  'src/server/responses/responses-routes.test.ts': {
    'run in their order, over one history, each with its own record': {
      'S0.1': 'The responses endpoint accepts ordered steps.',
    },
    'have the guidelines that they name; a server without any says so (S0.20)': {
      'S0.20': 'A request names guidelines by id.',
    },
    'answer messages in one step, with tools that the server has (S0.25, S0.36)': {
      'S0.25': "A request names the server's tools.",
      'S0.36': 'A list of messages in the place of steps is one step.',
    },
  },
}
