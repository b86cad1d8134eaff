import type { Proofs } from './proofs.ts'

/** What tests of everything around the kernel prove. */
export const OUTSIDE: Proofs = {
  'src/eval/read/read-evals.test.ts': {
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
  'src/eval/report/make-report.test.ts': {
    'counts how often runs end in store_artifact_loop_abort': {
      'S4.27': 'Evals say how often runs are aborted for want of an artifact that passes.',
    },
  },
  'src/dialect/vectara/vectara.test.ts': {
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
  'src/drive/load/load-dialect.test.ts': {
    'a run of it goes its way: scope holds, metadata routes, the day is told': {
      'S3.12': "Conditions read the agent's and the session's metadata.",
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
  'src/perform/role-content.test.ts': {
    'is asked once more for a report that is none': {
      'S4.4': 'A report is two members in range; no fence is parsed.',
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
  'src/cli/display/advice.test.ts': {
    'Law 7: every reason has its exit code, and all but the good ends have advice': {
      'Law 7': 'Every rest has a reason out of a closed list.',
    },
  },
}
