import type { Proofs } from './proofs.ts'

/** What tests across folders prove. */
export const WHOLE: Proofs = {
  'test/laws.test.ts': {
    'Law 7: spent iterations end with $closing': {
      'S0.4': 'A step bounds its model calls, and so its tool loop.',
    },
    'S0.5: a step does not end before its success criteria hold': {
      'S0.5': 'A step ends only when its success criteria hold.',
    },
    'Law 14: no request holds the prompt of a later step, or of one that is not entered': {
      'S0.8': 'While a step runs, the model sees no later prompt.',
      'S3.17': "A new step sees the tools' results of those before it.",
      'Law 14': "A step's model call holds no later prompt.",
    },
    'Law 12: under `stable`, each request begins with the one before it': {
      'S0.9': 'Later steps see all earlier prompts, calls and raw results.',
    },
    'S0.18: the record has each visit with its order, text, calls and usage': {
      'S0.18': "The record has each visit's order, text, calls and usage.",
    },
    'S1.15: each code has its own rule: wait what was asked, back off, or never': {
      'S1.15': 'Each error code has its own rule for trying again.',
    },
    'S4.11: a refused call is told the tool, the step and the sorted legal tools': {
      'S2.5': 'A blocked call is answered with why, and with what would be legal.',
      'S4.11': 'A refusal names the tool, the step and the legal tools, sorted.',
    },
    'S3.6: conditions in order, the first match wins; without a condition, any': {
      'S3.5': 'Transitions are a list of steps with conditions.',
    },
    'S3.6: no match ends the turn in the step; S3.8: the next turn begins there, or at `reenter`': {
      'S3.6': 'The first match wins; no match ends the turn in the step.',
      'S3.8': 'A later turn begins at `reenter`, else where the last one ended.',
    },
    'S3.7: conditions are read once, after the final text, never between calls': {
      'S3.7': 'Conditions are read once, after the final text.',
    },
    'S3.9: an answer that does not fit its schema is sent back, and is data once it does': {
      'S3.9': "A step's answer is text or JSON.",
    },
    'Law 7: two steps in turn stop exactly at 500 transitions (S3.23, S3.24), $closing': {
      'S3.23': 'A turn takes 500 transitions at most.',
      'S3.24': 'Two steps in turn stop exactly at the limit.',
    },
    'Law 7: whatever happens, the last event says why': {
      'S4.38': 'Every run ends with a reason.',
    },
    'Law 1: whatever a model calls, a tool is dispatched only after decide allowed that call': {
      'Law 1': 'A tool runs only because decide said so.',
    },
    'Law 2: a gated call waits for those before it and sees what they left': {
      'Law 2': 'Calls of one message are judged in order.',
    },
    'Law 3: never what the model writes, and never an error': {
      'Law 3': "Gates read committed facts, never a model's text.",
    },
    'Law 4: a gate that comes to no boolean refuses, by its name, whatever its `else`': {
      'Law 4': 'A gate that cannot be decided refuses.',
    },
    'Law 5: what led to an effect is in the store before it starts, and a write’s dispatch is synced':
      {
        'Law 5': 'Events are committed before what follows from them starts.',
      },
    'Law 6: at every model call, each call before it has exactly one result': {
      'Law 6': 'At each model call every earlier call has one result.',
    },
    'Law 9: the same log folds to the same state anywhere, and decide only reads it': {
      'Law 9': 'Folding a log gives the same state anywhere.',
    },
    'Law 10: the log grows with the steps, and no effect carries a copy of the history': {
      'Law 10': 'The log grows with the steps alone.',
    },
    'Law 16: tags in an input or a tool’s result stay text, and conditions in them are not read': {
      'Law 16': 'Untrusted text stays text.',
    },
  },
  'test/attacks/refund.yaml': {
    'claims in the message and in the text of the model': {
      'S2.7': 'A model cannot bend a rule with words.',
    },
  },
  'test/crash/crash.test.ts': {
    'loses nothing and repeats no write: $name, at $places': {
      'S2.14': 'After a crash a run goes on from what it had done.',
      'Law 11': 'No write is repeated silently.',
    },
  },
  'test/attacks.test.ts': {
    'an attack on the refunds': {
      'S2.16': 'Deliberate attempts to get round the rules all fail.',
    },
  },
  'test/provider-bodies.test.ts': {
    'tools, system and earlier messages are the same bytes at every call (Law 12)': {
      'S4.37': 'Prefixes stay the same bytes, so that providers can cache them.',
      'Law 12': 'Under `stable`, each request begins with the one before it.',
    },
  },
  'test/bypass/bypass.test.ts': {
    'an attack, %s': {
      'S2.1': 'What is enforced is enforced at every attempt, on every store.',
      'S2.8': 'Rules are code: no message, client or crash gets around them.',
    },
    '$name, the driver dying at each append': {
      'S2.9':
        'Refunds, account changes and payments run only as the rules allow, also over crashes.',
      'S2.17': 'No unauthorised refund; no deletion without confirmation.',
    },
  },
  'test/memory.test.ts': {
    'what one run keeps, the next run of that customer is reminded of, and nobody else': {
      'S0.21': 'A run is reminded of the notes of its record, and of nobody else’s.',
    },
  },
  'test/memory-endpoints.test.ts': {
    'kept over %s are recalled over %s': {
      'S0.23': 'Both endpoints keep notes and recall them, those of the other too.',
    },
  },
  'test/crash/two-drivers.test.ts': {
    'is taken over when the first is killed, and has one driver at any time: %s': {
      'Law 18': 'A run has one driver at a time.',
    },
  },
}
