/*
 * What is promised and where it is proved, as data. Ids are those of the mission's list (S0 to S4, one
 * for each source) and the laws of DESIGN §4; only what has a real proof is here.
 */

/** A promised behaviour, and the title of a test (or of a case in a YAML file) that proves it. */
interface Requirement {
  readonly id: string
  readonly sentence: string
  /** `file` is a path from the checkout. */
  readonly proof: { readonly file: string; readonly test: string }
}

/** By file, then by the title of a test: what it proves. */
const PROVED: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>> =
  {
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
    'src/core/decide/chain/legal.test.ts': {
      'one legal tool where one must be called is that tool': {
        'S4.10': 'A model is bound by tool choice to the tools that are legal now.',
      },
    },
    'src/core/decide/chain/decided.test.ts': {
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
    'src/core/decide/chain/doubt.test.ts': {
      'comes again only after as many further ones: nine straight turns are three events': {
        'S4.18': 'Confidence is kept for each turn, and a run that stays in doubt says so.',
      },
    },
    'src/core/decide/chain/references.test.ts': {
      'is replaced wherever it stands alone, and nowhere else': {
        'S4.33': 'One convention for references, looked up by code.',
      },
    },
    'src/eval/read-evals.test.ts': {
      'is a list of cases, or one case': {
        'S4.28': 'A workflow ships cases with the behaviour that is expected of it.',
      },
    },
    'src/eval/run-evals.test.ts': {
      'is run end to end and graded; its id is a path and its name': {
        'S4.29': 'A case drives the whole chain, and each of its criteria is graded.',
      },
    },
    'src/cli/evaluate.test.ts': {
      'is not met when a case vanished, though all that is left passes': {
        'S4.30': 'What is worse than the baseline fails, and so blocks a change.',
      },
    },
    'src/eval/make-report.test.ts': {
      'counts how often runs end in store_artifact_loop_abort': {
        'S4.27': 'Evals say how often runs are aborted for want of an artifact that passes.',
      },
    },
    'src/core/spec/prompt-lengths.test.ts': {
      'forty lines are one screen, forty-one are more': {
        'S4.36': 'A prompt that does not fit on one screen is marked.',
      },
    },
    'examples/02-refund/evals/boundary.yaml': {
      'the same tool twice in a row': {
        'S4.31': 'Boundary cases are among the evals of the examples.',
      },
    },
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
      'S3.6: no match ends the turn in the step; S3.8: the next turn begins there, or at `reenter`':
        {
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
      'Law 16: tags in an input or a tool’s result stay text, and conditions in them are not read':
        {
          'Law 16': 'Untrusted text stays text.',
        },
    },
    'src/core/spec/compile/compile.test.ts': {
      'a list goes in its order and names itself; a map starts at its first key': {
        'S0.6': "Steps run one after another, in the author's order.",
        'S3.1': 'Steps are a map by name with an entry.',
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
    'src/core/spec/template/template.test.ts': {
      'come from the first scope that owns the root name': {
        'S0.17': 'Prompts take variables.',
      },
      'reads its template as it stands': {
        'S1.3': 'Templates put arguments in.',
        'S1.4': 'Templates choose with if and else.',
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
    'examples/02-refund/expected.yaml': {
      'above the threshold': {
        'S2.3': 'The chain of the refund ends at a person above the threshold.',
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
    'src/core/spec/path/json-path.test.ts': {
      'passes, with match and search rejected': {
        'S3.10': 'Conditions are `get()` over JSONPath.',
      },
    },
    'examples/03-classify-and-route/expected.yaml': {
      sales: {
        'S3.15': 'A sale is routed by the intent in the answer.',
      },
    },
    'src/core/spec/condition/condition.test.ts': {
      'hold verbatim': {
        'S3.16': "The seed's condition on two facts holds as it is written.",
      },
    },
    'test/provider-bodies.test.ts': {
      'tools, system and earlier messages are the same bytes at every call (Law 12)': {
        'S4.37': 'Prefixes stay the same bytes, so that providers can cache them.',
        'Law 12': 'Under `stable`, each request begins with the one before it.',
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
    'src/dialect/vectara.test.ts': {
      'the JSON of plan-then-execute is read as it is': {
        'S3.21': "The seed's own JSON loads word for word.",
      },
      'unset is every tool, an empty list is none': {
        'S3.4': 'A step without `allowed_tools` has every tool, with an empty list none.',
      },
      'a single step is the common case: `first_step` alone': {
        'S3.26': 'A single step needs no map of steps.',
      },
    },
    'src/drive/load-dialect.test.ts': {
      'a run of it goes its way: scope holds, metadata routes, the day is told': {
        'S3.12': "Conditions read the agent's and the session's metadata.",
      },
    },
    'examples/09-plan-then-execute/expected.yaml': {
      'no write while planning, and no other plan while executing': {
        'S3.20': 'A plan is made with read-only tools, and carried out in the next step.',
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
    'src/store/artifact/gate/artifact-gate.test.ts': {
      'placeholders before rules': {
        'S4.20': 'Placeholders are looked for first, then rules, then quality.',
        'S4.26': 'A stub is never stored.',
      },
      'quality last': {
        'S4.22': 'The goal criteria of the spec are held on every artifact.',
      },
      'a stub between any two words of an honest text is refused': {
        'S4.23': 'Without any criteria placeholders are refused all the same.',
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
    'src/perform/role-content.test.ts': {
      'is asked once more for a report that is none': {
        'S4.4': 'A report is two members in range; no fence is parsed.',
      },
    },
    'src/core/decide/chain/chain.test.ts': {
      'costs one call of the composer and one of the verifier, and no other turn does (S4.7)': {
        'S4.1': 'Three roles, each with one job and a prompt of its own.',
        'S4.5':
          'A turn goes from the planner to the composer, the store and the verifier, and back.',
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
    'src/drive/adopt.test.ts': {
      'Law 13: what a run can no longer reach may be edited; it goes on, and the log says so': {
        'Law 13': 'A run goes on under an edited workflow only where nothing ahead differs.',
      },
    },
    'src/drive/secrets.test.ts': {
      'is a reference everywhere but in the tool that is given it': {
        'Law 17': 'Secrets are in no log, error, prompt or export.',
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
    'examples/07-migration-rollback/expected.yaml': {
      'a batch fails, and those before it are taken back, the newest first': {
        'S1.23': 'A data migration rolls back by itself when a batch fails.',
      },
    },
    'src/cli/display/advice.test.ts': {
      'Law 7: every reason has its exit code, and all but the good ends have advice': {
        'Law 7': 'Every rest has a reason out of a closed list.',
      },
    },
    'test/crash/two-drivers.test.ts': {
      'is taken over when the first is killed, and has one driver at any time: %s': {
        'Law 18': 'A run has one driver at a time.',
      },
    },
  }

/** Every promise that has a proof; requirements.test.ts fails when the proof is gone. */
export const REQUIREMENTS: readonly Requirement[] = Object.entries(PROVED).flatMap(
  ([file, tests]) =>
    Object.entries(tests).flatMap(([test, promises]) =>
      Object.entries(promises).map(([id, sentence]) => ({ id, sentence, proof: { file, test } })),
    ),
)
