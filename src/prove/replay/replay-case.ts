import type { EventOf, Entry, Event } from '../../core/log/event.ts'
import type { Rest } from '../../core/log/branch.ts'
import { createFold, type Fold } from '../../core/log/fold/fold.ts'
import { isJsonObject, type JsonObject } from '../../core/spec/json.ts'
import type { Plan } from '../../core/spec/plan.ts'
import { drive } from '../../drive/drive.ts'
import { messageEvents, OPEN_TO_MESSAGES } from '../../drive/first-events.ts'
import { vaultOpener } from '../../drive/open-vault.ts'
import { startEvents } from '../../drive/start-events.ts'
import type { Mind, MindAnswer, MindRequest } from '../../mind/mind.ts'
import { systemClock, type Clock } from '../../perform/clock.ts'
import { memoryStore } from '../../store/memory.ts'
import type { ToolRunner } from '../../tool/tool.ts'
import type { ReplayCall } from './case-file.ts'
import { clientOutcomes, outcomeOf, type Recorded } from './recorded-outcome.ts'
import type { StubbedWorkflow } from './stubbed-workflow.ts'

/*
 * One case through the real loop, store and kernel: a mind that makes the recorded calls one at a
 * time, tools that answer what was recorded, and a user whose words come in turns of their own. The
 * model tries each call once, whatever it is told; only what the kernel lets through counts as run.
 */

/** Something that happens in a case, in order. */
export type Happening =
  | { readonly call: ReplayCall; readonly outcome: Recorded }
  | { readonly user: JsonObject }

export interface Case {
  /** The user's first words. */
  readonly prompt: string
  readonly happenings: readonly Happening[]
  /** What a person says to every call that is held. */
  readonly person: 'approve' | 'deny'
  /** What `$.now` reads; the machine's clock when left out. */
  readonly now?: number
}

/** What became of one call. */
export interface Fate {
  /** True when it reached its tool. */
  readonly ran: boolean
  /** True when a person was asked. */
  readonly asked: boolean
  /** The gates that objected, at any time. */
  readonly gates: readonly string[]
  /** What the model was told; empty when it was allowed at once. */
  readonly message: string
}

const NEVER_TRIED: Fate = { ran: false, asked: false, gates: [], message: '' }
const NO_USAGE = { input: 0, output: 0, cached: 0 }
const NOTHING_TO_SAY = 'Go on.'

/**
 * Plays a case and says what became of each call, in the order of `happenings` (null for the user's
 * words). A call after the run has ended counts as not run, answered by `ended:REASON`.
 */
export async function replayCase(
  stubbed: StubbedWorkflow,
  of: Case,
): Promise<readonly (Fate | null)[]> {
  const player = createPlayer(stubbed, of)
  const reason = await play(stubbed, of, player)
  return of.happenings.map((happening, index) => {
    if ('user' in happening) return null
    const fate = player.fates.get(callId(index))
    return fate ?? { ...NEVER_TRIED, gates: [`ended:${reason}`], message: `the run is ${reason}` }
  })
}

interface Player {
  readonly mind: Mind
  readonly runner: ToolRunner
  readonly fates: ReadonlyMap<string, Fate>
  observe(events: readonly Event[]): void
  /** Takes what the user says next, up to the next call. */
  hear(): readonly Entry[]
  isDone(): boolean
}

function callId(index: number): string {
  return `event-${index}`
}

function createPlayer(stubbed: StubbedWorkflow, of: Case): Player {
  const { happenings } = of
  const fates = new Map<string, Fate>()
  let next = 0
  // A model that wants a tool of a later step ends its step first; then it tries the call anyway.
  let patience = stubbed.workflow.plan.steps.size - 1
  return {
    fates,
    isDone: () => next >= happenings.length,
    observe: (events) => events.forEach((event) => note(fates, event)),
    hear() {
      const words: Entry[] = []
      for (let now = happenings[next]; now !== undefined && 'user' in now; now = happenings[next]) {
        words.push(...entriesOf(now.user, stubbed.names))
        next++
      }
      return words
    },
    mind: {
      answer: (request) => {
        const happening = happenings[next]
        if (happening === undefined || 'user' in happening || request.closing) {
          return Promise.resolve(speech())
        }
        const tool = stubbed.names.get(happening.call.name) ?? happening.call.name
        if (patience > 0 && mayMoveOn(request, tool)) {
          patience--
          return Promise.resolve(speech())
        }
        patience = stubbed.workflow.plan.steps.size - 1
        const part = { type: 'call', id: callId(next++), tool, args: happening.call.args } as const
        return Promise.resolve({ parts: [part], finish: 'tool-calls', usage: NO_USAGE })
      },
    },
    runner: (_args, { callId: id }) => outcomeOf(recordedFor(happenings, id)),
  }
}

function speech(): MindAnswer {
  return { parts: [{ type: 'text', text: NOTHING_TO_SAY }], finish: 'stop', usage: NO_USAGE }
}

function mayMoveOn(request: MindRequest, tool: string): boolean {
  return !request.legal.includes(tool) && request.output === null
}

function recordedFor(happenings: readonly Happening[], id: string): Recorded {
  const happening = happenings[Number(id.slice(callId(0).length - 1))]
  return happening !== undefined && 'call' in happening ? happening.outcome : { output: null }
}

/** What the log says of a call, added to what it said before. */
function note(fates: Map<string, Fate>, event: Event): void {
  if (event.type !== 'call.judged' && event.type !== 'tool.dispatched') return
  const fate = fates.get(event.call) ?? NEVER_TRIED
  fates.set(
    event.call,
    event.type === 'tool.dispatched' ? { ...fate, ran: true } : judged(fate, event),
  )
}

function judged(fate: Fate, event: EventOf<'call.judged'>): Fate {
  const held = event.verdict === 'approve' || event.verdict === 'escalate'
  const objecting = event.gates.filter(({ verdict }) => verdict !== 'allow').map(({ gate }) => gate)
  return {
    ran: fate.ran,
    asked: fate.asked || held,
    gates: [...new Set([...fate.gates, ...objecting])],
    message: event.message ?? fate.message,
  }
}

/** `confirms` is a yes to one call; whatever else the user says is a fact under its own name. */
function entriesOf(user: JsonObject, names: ReadonlyMap<string, string>): readonly Entry[] {
  return Object.entries(user).map(([kind, said]): Entry => {
    const facts = isJsonObject(said) ? said : { value: said }
    const { name, args } = facts
    if (kind !== 'confirms' || typeof name !== 'string') return { type: 'user.stated', kind, facts }
    return { type: 'user.confirmed', tool: names.get(name) ?? name, args: args ?? {} }
  })
}

/** Drives the run from rest to rest until everything has happened, or it can go on no more. */
async function play(stubbed: StubbedWorkflow, of: Case, player: Player): Promise<string> {
  const { plan, source, workflows } = stubbed.workflow
  const { checks } = stubbed.workflow
  const runners = new Map([...plan.tools.keys()].map((name) => [name, player.runner]))
  const store = memoryStore()
  const lease = await store.tryAcquire('case')
  if (lease === null) throw new Error('a new store has no leases')
  const fold = createFold(plan.histories)
  const options = {
    plan,
    fold,
    store,
    lease,
    source,
    mind: player.mind,
    workflow: { runners, checks, workflows },
    deliver: () => Promise.resolve(),
    artifacts: () => Promise.reject(new Error('a recorded run has no artifacts')),
    memory: () => Promise.reject(new Error('a recorded run has no memory')),
    tenant: 'replay',
    vault: vaultOpener({ store, given: undefined, env: {} })(plan),
    clock: clockAt(of.now),
    signal: new AbortController().signal,
    onEvents: (events: readonly Event[]) => player.observe(events),
    onText: () => {},
  }
  const input = inputFor(stubbed, of.prompt)
  let first = [...startEvents(plan, { id: 'case', input, session: {} }), ...player.hear()]
  for (let idle = 0; idle < MAX_IDLE_TURNS;) {
    const before = fold.state.callIds.size
    const driven = await drive({ ...options, first })
    if (driven.type !== 'rested') return 'parked'
    const following = follow(fold, { rest: driven.rest, of, player, plan })
    if (following === null) return driven.rest.reason
    idle = fold.state.callIds.size > before || player.isDone() ? 0 : idle + 1
    first = [...following]
  }
  return 'stuck'
}

/** Turns without a call after which a case is given up. */
const MAX_IDLE_TURNS = 20

/** Nothing is waited for: what would be a pause before a retry is over at once. */
function clockAt(now: number | undefined): Clock {
  return { now: () => now ?? systemClock.now(), sleep: () => Promise.resolve() }
}

/** The prompt as the run's message where the workflow takes one. */
function inputFor({ workflow: { plan } }: StubbedWorkflow, message: string): JsonObject {
  const fits = [{ message }, {}].find((input) => plan.input === null || plan.input(input) === null)
  if (fits !== undefined) return fits
  const wrong = plan.input?.({ message })
  throw new Error(`workflow ${plan.name} takes neither { message } nor {} as its input: ${wrong}`)
}

interface At {
  readonly plan: Plan
  readonly rest: Rest
  readonly of: Case
  readonly player: Player
}

/** What comes after a rest; null when there is nothing more, or the run has ended. */
function follow(fold: Fold, at: At): readonly Entry[] | null {
  const { rest, of, player } = at
  switch (rest.reason) {
    case 'needs_client':
      return clientOutcomes(
        fold,
        rest.pending.map(({ call }) => ({ call, recorded: recordedFor(of.happenings, call) })),
      )
    case 'needs_approval':
      return answersTo(fold, rest, at)
    default: {
      if (player.isDone()) return null
      const words = player.hear()
      if (player.isDone()) return null
      return OPEN.has(rest.reason) ? [...messageEvents(fold, NOTHING_TO_SAY), ...words] : null
    }
  }
}

/** Rests after which the user may say something. */
const OPEN: ReadonlySet<string> = new Set([...OPEN_TO_MESSAGES, 'needs_input'])

/** Everybody answers whom the request may want. Null when nobody can, for then the run stays where it is. */
function answersTo(fold: Fold, rest: Rest, { of, plan }: At): readonly Entry[] | null {
  const answers = rest.pending.flatMap(({ request, branch }): Entry[] => {
    const asked = request === undefined ? undefined : fold.state.approvals.get(request)?.request
    if (asked === undefined) return []
    const people = [...(plan.people?.keys() ?? PEOPLE.slice(0, asked.approvers))]
    return people.map((by) => ({
      type: 'approval.answered',
      request: asked.id,
      decision: of.person,
      by,
      roles: asked.by,
      reason: of.person === 'deny' ? 'nobody vouches for it' : 'the user asked for it',
      ...(branch === undefined ? {} : { branch }),
    }))
  })
  return answers.length === 0 ? null : answers
}

const PEOPLE = ['ann', 'ben', 'cat', 'dan', 'eve']
