import type { Proofs } from './proofs.ts'

/** What tests of the client prove. */
export const CLIENT: Proofs = {
  'src/client/client-tool.test.ts': {
    'goes to the server without its functions': {
      'S0.26': 'Client tools are a map of names, each with a description, parameters and execute.',
    },
  },
  'src/client/responses.test.ts': {
    'a call of a tool without `execute` is the caller’s, who may go on by hand': {
      'S0.27': 'A call of a client tool pauses the step, and the response has the calls.',
    },
    'tools with `execute` look local': {
      'S0.28': 'The SDK executes calls and sends results back until it is over.',
    },
    'two servers with one key take turns behind one client': {
      'S0.29': 'The server holds nothing in between: any machine goes on.',
    },
    'several calls of one message run side by side, and over several steps': {
      'S0.30': 'A run goes on within its step, then through the next ones.',
    },
  },
  'src/client/seed-examples.test.ts': {
    'the CRM: a tool of the caller (S0.41)': {
      'S0.38': "The seed's call runs word for word under another import.",
    },
  },
  'examples/10-client-tools/follow-up.test.ts': {
    'the caller executes what the model calls, step by step (S0.27, S0.28, S0.41)': {
      'S0.41': 'The CRM example runs with a tool of the caller.',
    },
  },
}
