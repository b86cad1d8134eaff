import type { Proofs } from './proofs.ts'

/** What tests of the kernel prove. */
export const KERNEL: Proofs = {
  'src/core/decide/judge.test.ts': {
    "refuses a tool that is out of the step's scope": {
      'S0.3': "A step's tools are in scope in that step only.",
    },
    'runs no tool whatever the model calls': {
      'S0.11': 'In a step without tools, no tool can run.',
    },
    'a tool-less step (S0.11, S0.12)': {
      'S0.12': 'A step without tools cannot be talked into a call.',
    },
    'evaluates and records every one': {
      'S2.4': 'It can be seen of each gate whether it passed or blocked.',
      'S2.6': 'Every decision of a gate is in the log.',
    },
    'holds a tool of high risk for an approval': {
      'S4.17': 'A call of high risk waits for a person before it runs.',
    },
  },
  'src/core/decide/decision/legal.test.ts': {
    'one legal tool where one must be called is that tool': {
      'S4.10': 'A model is bound by tool choice to the tools that are legal now.',
    },
  },
  'src/core/decide/decision/decided.test.ts': {
    'calls the tool that it names, through the same door': {
      'S4.14': 'What a model wants done next is a typed decision.',
    },
    'is inferred from the message the second time': {
      'S4.15': 'An envelope that cannot be read is sent back once, then inferred.',
    },
    'goes by the envelope alone, whatever the message looks like': {
      'S4.16': 'What happens next is read from the decision, never from the shape of a message.',
    },
  },
  'src/core/decide/decision/doubt.test.ts': {
    'comes again only after as many further ones: nine straight turns are three events': {
      'S4.18': 'Confidence is kept for each turn, and a run that stays in doubt says so.',
    },
  },
  'src/core/decide/reference/references.test.ts': {
    'is replaced wherever it stands alone, and nowhere else': {
      'S4.33': 'One convention for references, looked up by code.',
    },
  },
  'src/core/spec/prompt-lengths.test.ts': {
    'forty lines are one screen, forty-one are more': {
      'S4.36': 'A prompt that does not fit on one screen is marked.',
    },
  },
  'src/core/spec/compile/compile.test.ts': {
    'a list goes in its order and names itself; a map starts at its first key': {
      'S0.6': "Steps run one after another, in the author's order.",
      'S3.1': 'Steps are a map by name with an entry.',
    },
  },
  'src/core/spec/template/template.test.ts': {
    'come from the first scope that owns the root name': {
      'S0.17': 'Prompts take variables.',
    },
    'reads its template as it stands': {
      'S1.3': 'Templates put arguments in.',
      'S1.4': 'Templates choose with if and else.',
    },
  },
  'src/core/decide/gate/gate.test.ts': {
    'is met by a committed success in any turn and refuses before it': {
      'S2.2': 'A dangerous call waits until what it needs has succeeded.',
    },
    'holds only for true; false takes the `else`': {
      'S2.15': 'Escalation follows from a threshold on facts.',
    },
  },
  'src/core/decide/handoff/handoff.test.ts': {
    'gives a whole packet by code alone, though the workflow says nothing of handoffs (S2.11)': {
      'S2.11': 'A handoff has customer, summary, root cause, recommended action and urgency.',
    },
    'sends an escalation without context back once, naming what is missing (S2.12)': {
      'S2.12': 'No escalation goes to a person without context.',
    },
  },
  'src/core/spec/path/json-path.test.ts': {
    'passes, with match and search rejected': {
      'S3.10': 'Conditions are `get()` over JSONPath.',
    },
  },
  'src/core/spec/condition/condition.test.ts': {
    'hold verbatim': {
      'S3.16': "The seed's condition on two facts holds as it is written.",
    },
  },
  'src/core/decide/approval/approval.test.ts': {
    'lets its call be judged again, and run once': {
      'Law 8': 'A grant is bound to its call, used once, and the call is judged again.',
    },
    'says what will happen, to what, whether it can be taken back, and which gate asks': {
      'S1.20': 'An approval says what will happen, to what, and whether it can be taken back.',
    },
  },
  'src/core/decide/rewind/rewind.test.ts': {
    'are made at the start, after each step, and by the name that its author gave': {
      'S1.12': 'A run has named checkpoints.',
    },
    'takes back committed writes, the newest first, and goes on from there (S1.13)': {
      'S1.13': 'A run goes back to a checkpoint, and its writes are taken back.',
    },
    'rewind with `to`: takes them back and goes on at another step': {
      'S1.14': 'Each step says what happens when it fails: stop, another step, or back.',
    },
  },
  'src/core/decide/items.test.ts': {
    'runs its workflow once per item and joins the outputs in item order': {
      'S1.11': 'Parts that do not need each other run at once and are joined.',
    },
    'begins with the arguments as an input that no gate trusts, and gives back its output': {
      'S3.18': 'A sub-run has a fresh history, for isolation and parallel work.',
    },
  },
  'src/core/decide/artifact/chain.test.ts': {
    'costs one call of the composer and one of the verifier, and no other turn does (S4.7)': {
      'S4.1': 'Three roles, each with one job and a prompt of its own.',
      'S4.5': 'A turn goes from the planner to the composer, the store and the verifier, and back.',
      'S4.7': 'A composing turn costs exactly one call more.',
    },
    'judges, gates, stores, verifies and only then publishes': {
      'S4.8': 'What is stored is verified before it is published.',
      'S4.19': 'The gate stands in the store, right before the write.',
    },
    'never shows the content to the planner': {
      'S4.2': 'The planner picks the next tool; it neither writes nor scores.',
      'S4.3': 'The composer writes, and calls no tool.',
    },
    'is a tool error, and the planner has another turn (S4.24)': {
      'S4.24': 'A rejection is a tool error with what is wrong.',
    },
    'ends the run with the third rejection (S4.25)': {
      'S4.25': 'The third rejection ends the run store_artifact_loop_abort.',
    },
    'hands its critique to the next planner turn as the result of the call (S4.8)': {
      'S4.6': 'The planner decides to write; the composer is asked for the content of that call.',
    },
    'is asked three times in all; then the run says which version was the best (S4.9)': {
      'S4.9': 'Verification is bounded, and ends with a clear reason.',
    },
    'is refused in the wrong phase, and nothing is composed for it (S4.11)': {
      'S4.12': 'The order of phases is code.',
      'S4.13': 'Every layer between the roles is code.',
    },
  },
  'src/core/decide/gate/built-in-gates.test.ts': {
    'risk (Law 15)': {
      'Law 15': "A model's word may raise a risk, never lower it.",
    },
  },
  'src/core/log/ledger/ledger.test.ts': {
    'follows an approval from the request to each word on it, by name (Law 8)': {
      'S1.17': 'The audit trail says who did what, and when.',
    },
  },
  'src/core/spec/compile/compile-risks.test.ts': {
    "go before the tool's own": {
      'S4.39': 'Risk tiers are overridden by domain.',
    },
  },
}
