import type { AnswerDoc, HeaderDoc, NamedSchema, RouteDoc } from '../openapi/route-doc.ts'
import {
  approvalsAnswer,
  artifactsAnswer,
  checkpointsAnswer,
  detailAnswer,
  eventsAnswer,
  handoffAnswer,
  linkAnswer,
  runsAnswer,
  summaryAnswer,
  workflowAnswer,
  workflowsAnswer,
} from './run-answers.ts'
import {
  approvalBody,
  branchQuery,
  checkpointBody,
  confirmationBody,
  emptyBody,
  eventsQuery,
  forkBody,
  handoffBody,
  inputBody,
  linkBody,
  listQuery,
  resultsBody,
  resumeBody,
  rewindBody,
  settleBody,
  startBody,
  statement,
} from './run-bodies.ts'

const RUN: NamedSchema = { name: 'Run', schema: detailAnswer }
const SUMMARY: NamedSchema = { name: 'RunSummary', schema: summaryAnswer }

const PREFER: HeaderDoc = {
  name: 'Prefer',
  about: '`wait=SECONDS` (60 at most): answer once the run rests, with its record.',
}
const IF_MATCH: HeaderDoc = {
  name: 'If-Match',
  about: 'The ETag of the run as you saw it; 412 where it has gone on since.',
}

const DRIVEN: RouteDoc['answers'] = {
  200: { about: 'Waited for (`Prefer`): the run rests, and this is its record.', body: RUN },
  202: { about: 'It is in the log; the run goes on. `Location` says where it is.', body: SUMMARY },
}

/** What somebody says to a run, or wants of it. */
function act(path: string, doc: Pick<RouteDoc, 'id' | 'summary' | 'about'> & ActParts): RouteDoc {
  const { schema, name, scope = 'run', ...rest } = doc
  return {
    ...rest,
    method: 'post',
    path: `/runs/:run/${path}`,
    tag: 'Runs',
    scope,
    headers: [PREFER, IF_MATCH],
    body: { name, schema },
    answers: DRIVEN,
  }
}

interface ActParts {
  readonly schema: NamedSchema['schema']
  readonly name: string
  readonly scope?: 'run' | 'approve'
}

function look(
  path: string,
  doc: Pick<RouteDoc, 'id' | 'summary' | 'about' | 'query' | 'headers'> & {
    readonly ok: AnswerDoc
  },
): RouteDoc {
  const { ok, ...rest } = doc
  const tag = path.startsWith('/workflows') ? 'Workflows' : 'Runs'
  return { ...rest, method: 'get', path, tag, scope: 'read', answers: { 200: ok } }
}

const LOOKS: readonly RouteDoc[] = [
  look('/workflows', {
    id: 'listWorkflows',
    summary: 'The workflows that are registered',
    ok: { about: 'All of them.', body: { name: 'Workflows', schema: workflowsAnswer } },
  }),
  look('/workflows/:name', {
    id: 'getWorkflow',
    summary: 'One workflow: its steps, tools, gates and input',
    ok: {
      about: 'The workflow, without its prompts.',
      body: { name: 'Workflow', schema: workflowAnswer },
    },
  }),
  look('/runs', {
    id: 'listRuns',
    summary: 'Your runs, newest first',
    about: 'Under a filter a page may be short, or empty, and yet have more behind it.',
    query: listQuery,
    ok: { about: 'A page.', body: { name: 'Runs', schema: runsAnswer } },
  }),
  look('/runs/:run', {
    id: 'getRun',
    summary: 'A run: how it stands, and its record',
    headers: [{ name: 'If-None-Match', about: 'The ETag that you have; 304 where it still is.' }],
    ok: { about: 'The run; its ETag names its last event.', body: RUN },
  }),
  look('/runs/:run/events', {
    id: 'listRunEvents',
    summary: 'The log of a run, by pages or as a stream',
    about:
      'With `Accept: text/event-stream` (or `stream=true`) each event is sent as it is committed, its ' +
      '`id` its number; a reader that comes back with `Last-Event-ID` loses and doubles none. The stream ' +
      'ends with the run (`until`), after a `stream.ended`; 204 says that there is nothing left to wait for.',
    query: eventsQuery,
    headers: [{ name: 'Last-Event-ID', about: 'The number of the last event that you have.' }],
    ok: {
      about: 'A page, or the stream.',
      body: { name: 'RunEvents', schema: eventsAnswer },
      media: ['text/event-stream'],
    },
  }),
  look('/runs/:run/approvals', {
    id: 'listRunApprovals',
    summary: 'What was asked of people, and what became of it',
    ok: { about: 'Oldest first.', body: { name: 'RunApprovals', schema: approvalsAnswer } },
  }),
  look('/runs/:run/checkpoints', {
    id: 'listRunCheckpoints',
    summary: 'The places to which the run can go back',
    ok: { about: 'Oldest first.', body: { name: 'RunCheckpoints', schema: checkpointsAnswer } },
  }),
  look('/runs/:run/handoff', {
    id: 'getRunHandoff',
    summary: 'The packet for a person who takes the run over',
    ok: {
      about: 'As JSON, or as Markdown where `Accept` asks for it.',
      body: { name: 'Handoff', schema: handoffAnswer },
      media: ['text/markdown'],
    },
  }),
  look('/runs/:run/artifacts', {
    id: 'listRunArtifacts',
    summary: 'What the run published',
    ok: {
      about: 'Versions, oldest first.',
      body: { name: 'RunArtifacts', schema: artifactsAnswer },
    },
  }),
  look('/runs/:run/artifacts/:name', {
    id: 'getRunArtifact',
    summary: 'The content of a published version',
    about: '`letter` is its newest published version, `letter@2` the second.',
    query: branchQuery,
    ok: { about: 'The content, as a file.', body: null, media: ['text/markdown', 'text/plain'] },
  }),
]

const ACTS: readonly RouteDoc[] = [
  act('input', {
    id: 'sendRunInput',
    summary: 'A further message, or the answer to a question or to slots',
    name: 'RunInput',
    schema: inputBody,
  }),
  act('results', {
    id: 'sendRunResults',
    summary: 'What came of client tools',
    name: 'RunResults',
    schema: resultsBody,
  }),
  act('approvals', {
    id: 'answerRunApproval',
    summary: 'Approves or denies a held call, in the name of the key',
    name: 'RunApproval',
    schema: approvalBody,
    scope: 'approve',
  }),
  act('confirmations', {
    id: 'confirmRunCall',
    summary: "The user's yes to exactly one call",
    name: 'RunConfirmation',
    schema: confirmationBody,
  }),
  act('states', {
    id: 'stateRunFacts',
    summary: 'What the user stated, for gates to read as `$.user.KIND`',
    name: 'RunStatement',
    schema: statement,
  }),
  act('settle', {
    id: 'settleRunDoubt',
    summary: 'Says what became of a write in doubt',
    name: 'RunSettlement',
    schema: settleBody,
    scope: 'approve',
  }),
  act('handoff', {
    id: 'fillRunHandoff',
    summary: 'Gives what a packet lacks, or has it delivered again',
    name: 'RunHandoff',
    schema: handoffBody,
    scope: 'approve',
  }),
  act('checkpoints', {
    id: 'makeRunCheckpoint',
    summary: 'Names the place where the run rests',
    name: 'RunCheckpoint',
    schema: checkpointBody,
  }),
  act('rewind', {
    id: 'rewindRun',
    summary: 'Goes back to a checkpoint, and takes back the writes since',
    name: 'RunRewind',
    schema: rewindBody,
  }),
  act('cancel', {
    id: 'cancelRun',
    summary: 'Ends the run, wherever it is driven',
    name: 'RunCancel',
    schema: emptyBody,
  }),
  act('resume', {
    id: 'resumeRun',
    summary: 'Goes on where a driver left off, or after `model_failed`',
    name: 'RunResume',
    schema: resumeBody,
  }),
]

/** The routes of runs and workflows (issue 5, stored mode). */
export const runsDocs: readonly RouteDoc[] = [
  ...LOOKS,
  {
    method: 'post',
    path: '/runs',
    id: 'startRun',
    tag: 'Runs',
    summary: 'Begins a run of a workflow',
    scope: 'run',
    headers: [
      {
        name: 'Idempotency-Key',
        about: 'The same key with the same body is the same run; with another body, 409.',
      },
      PREFER,
    ],
    body: { name: 'RunStart', schema: startBody },
    answers: DRIVEN,
  },
  ...ACTS,
  {
    method: 'post',
    path: '/runs/:run/fork',
    id: 'forkRun',
    tag: 'Runs',
    summary: 'Makes a run of the first events of another; it waits for `resume`',
    scope: 'run',
    headers: [IF_MATCH],
    body: { name: 'RunFork', schema: forkBody },
    answers: { 201: { about: 'The new run.', body: SUMMARY } },
  },
  {
    method: 'post',
    path: '/runs/:run/artifacts/:name/links',
    id: 'linkRunArtifact',
    tag: 'Runs',
    summary: 'A link from which anybody can download a version until it expires',
    scope: 'run',
    query: branchQuery,
    body: { name: 'ArtifactLinkRequest', schema: linkBody },
    answers: { 201: { about: 'The link.', body: { name: 'ArtifactLink', schema: linkAnswer } } },
  },
  {
    method: 'get',
    path: '/artifacts/:digest',
    root: true,
    id: 'downloadArtifact',
    tag: 'Runs',
    summary: 'Downloads by a signed link',
    about: 'The whole query is what `linkRunArtifact` gave: nothing in it can be changed.',
    scope: null,
    answers: { 200: { about: 'The content.', body: null, media: ['text/markdown', 'text/plain'] } },
  },
]
