import type { Proofs } from './proofs.ts'

/** What tests of `POST /responses` prove. */
export const RESPONSES: Proofs = {
  'src/dialect/personize.test.ts': {
    'keeps the steps in their order, each with its own tools (S0.1-S0.3, S0.40)': {
      'S0.2': 'A step has its prompt.',
      'S0.3': 'A step names the tools that it may call.',
    },
    'gives a step without `tools` the tools of the caller, and one with `[]` none (S0.31, S0.41)': {
      'S0.31': "A step without `tools` may call the caller's.",
      'S0.32': "The caller's tools are parted from the server's.",
    },
    'sorts by `order`, and knows `max_steps`, the model and its settings': {
      'S0.4': 'A step has at most so many tool roundtrips.',
    },
  },
  'src/server/responses/responses-routes.test.ts': {
    'run in their order, over one history, each with its own record': {
      'S0.1': '`POST /responses` accepts ordered steps.',
      'S0.6': 'Steps run one after the other, in their order.',
      'S0.8': "A step's model sees no later step's task.",
      'S0.9': 'Later steps see the prompts, calls, raw results and texts of earlier ones.',
      'S0.18': 'The response has a record of each step.',
    },
    'have the guidelines that they name; a server without any says so (S0.20)': {
      'S0.20': 'A request names guidelines by id.',
    },
    'refuse a tool that is out of a step, whatever the model says (S0.11, S0.12)': {
      'S0.12': 'A step without tools cannot be talked into a call.',
    },
    'pause the step, and any server with the key goes on': {
      'S0.27': 'A call of a client tool pauses the step; the response has the calls.',
      'S0.29': 'The server holds nothing in between.',
      'S0.30': 'A run goes on within its step, then through the next ones.',
    },
    'are refused with a conversation, steps, tools or model other than those that were signed': {
      'S0.7': 'Nobody skips a step or adds one between two requests.',
    },
    'keep their place and their facts over OpenAI\'s surface without a store': {
      'law 3': "Facts outlive a pause over OpenAI's surface.",
    },
    'believe no conversation about what a tool returned (Law 3)': {
      'law 3': 'A conversation that is sent in holds no facts.',
    },
    'are refused where nothing keeps a write that must not be repeated (Laws 8, 11)': {
      'law 11': 'Without a store no write runs that must not be repeated.',
    },
  },
}
