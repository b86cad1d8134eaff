import type { Proofs } from './proofs.ts'

/** What the examples prove. */
export const EXAMPLES: Proofs = {
  'examples/02-refund/evals/boundary.yaml': {
    'the same tool twice in a row': {
      'S4.31': 'Boundary cases are among the evals of the examples.',
    },
  },
  'examples/01-sales-outreach/expected.yaml': {
    'a hasty model is held to the steps': {
      'S0.7': 'A model can neither skip a step nor add one.',
      'S0.13': 'Different stages have different tools.',
    },
    'revised once before it passes': {
      'S0.16': 'Within a step the model revises and scores again until the score is enough.',
      'S0.40': 'The four-step sales example runs.',
      'S0.44': 'A late step quotes what a tool said to an early one.',
    },
  },
  'examples/05-monolith-vs-steps/compare.test.ts': {
    'the three failures of one prompt show in its record, and not in that of the steps (S0.42)': {
      'S0.42': 'The three failures of one prompt are shown, and shown mended.',
    },
  },
  'examples/04-customer-analysis/expected.yaml': {
    'the top customer': {
      'S1.22': 'The analysis of the top customer runs from end to end.',
    },
    'a customer by id': {
      'S2.13': 'A request of several concerns is looked into in parallel.',
    },
  },
  'examples/02-refund/expected.yaml': {
    'above the threshold': {
      'S2.3': 'The chain of the refund ends at a person above the threshold.',
    },
  },
  'examples/03-classify-and-route/expected.yaml': {
    sales: {
      'S3.15': 'A sale is routed by the intent in the answer.',
    },
  },
  'examples/09-plan-then-execute/expected.yaml': {
    'no write while planning, and no other plan while executing': {
      'S3.20': 'A plan is made with read-only tools, and carried out in the next step.',
    },
  },
  'examples/08-cover-letter/evals/chain.yaml': {
    'one character short': {
      'S4.21': 'A text one character under min_chars is refused; at it, it is stored.',
    },
    'one of two slots is given': {
      'S4.34': 'A run pauses for input, and goes on with the answer.',
    },
    'the whole chain': {
      'S4.35': 'Gather, compose and review are phases, each with its legal tools.',
    },
  },
  'examples/07-migration-rollback/expected.yaml': {
    'a batch fails, and those before it are taken back, the newest first': {
      'S1.23': 'A data migration rolls back by itself when a batch fails.',
    },
  },
}
