import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { Event } from '../../core/log/event.ts'
import type { Mind } from '../../mind/mind.ts'
import { MindError } from '../../mind/mind.ts'
import type { Told } from './access-log.ts'

/*
 * What the server counts, for Prometheus. Labels are words of ours alone: no tenant, key, run,
 * model or tool that a caller could name.
 */

const PROVIDERS: ReadonlySet<string> = new Set([
  'openai',
  'anthropic',
  'google',
  'amazon-bedrock',
  'openai-compatible',
  'deepseek',
  'xai',
  'openrouter',
])
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** What is counted, and who is told of it. */
export interface Metrics {
  readonly contentType: string
  /** All of it, in Prometheus' text format. */
  text(): Promise<string>
  readonly request: (told: Told) => void
  /** Events that were committed just now. */
  readonly events: (events: readonly Event[]) => void
  /** A mind whose calls are counted. */
  watch(mind: Mind): Mind
}

/** Starts counting from zero; `underWay` is asked when somebody looks. */
export function createMetrics(options: {
  readonly underWay: () => { readonly requests: number; readonly runs: number }
  /** What the process itself needs: memory, CPU, event loop. */
  readonly ofProcess: boolean
}): Metrics {
  const registry = new Registry()
  const registers = [registry]
  if (options.ofProcess) collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'lockstep_http_request_duration_seconds',
    help: 'How long answers took, streams to their end.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.25, 1, 2.5, 10, 30, 120, 600],
    registers,
  })
  gauges(registers, options.underWay)
  const counters = countersOf(registers)
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    request({ method, route, status, seconds }) {
      const known = METHODS.has(method) ? method : 'other'
      requests.observe({ method: known, route, status: String(status) }, seconds)
    },
    events(events) {
      for (const event of events) {
        if (event.type === 'run.rested' && event.branch === undefined) {
          counters.rests.inc({ reason: event.reason })
        } else if (event.type === 'call.judged') {
          counters.verdicts.inc({ verdict: event.verdict })
        }
      }
    },
    watch: (mind) => ({ answer: watched(mind, counters) }),
  }
}

function gauges(
  registers: Registry[],
  underWay: () => { readonly requests: number; readonly runs: number },
): void {
  const add = (name: string, help: string, value: () => number): void => {
    void new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })
  }
  add(
    'lockstep_http_requests_under_way',
    'Requests whose answer is not out.',
    () => underWay().requests,
  )
  add('lockstep_runs_under_way', 'Runs that this process drives.', () => underWay().runs)
}

type Counters = ReturnType<typeof countersOf>

function countersOf(registers: Registry[]): {
  readonly rests: Counter<'reason'>
  readonly verdicts: Counter<'verdict'>
  readonly calls: Histogram<'provider' | 'outcome'>
  readonly tokens: Counter<'provider' | 'kind'>
} {
  return {
    rests: new Counter({
      name: 'lockstep_runs_rested_total',
      help: 'Turns of runs that came to rest, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    verdicts: new Counter({
      name: 'lockstep_verdicts_total',
      help: 'Tool calls that were judged, by verdict.',
      labelNames: ['verdict'],
      registers,
    }),
    calls: new Histogram({
      name: 'lockstep_model_call_duration_seconds',
      help: 'Model calls, each attempt, by provider and outcome.',
      labelNames: ['provider', 'outcome'],
      buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
      registers,
    }),
    tokens: new Counter({
      name: 'lockstep_model_tokens_total',
      help: 'Tokens of answered model calls: input (cached ones too), output, cached.',
      labelNames: ['provider', 'kind'],
      registers,
    }),
  }
}

function watched(mind: Mind, { calls, tokens }: Counters): Mind['answer'] {
  return async (request, context) => {
    const provider = providerOf(request.model)
    const end = calls.startTimer({ provider })
    try {
      const answer = await mind.answer(request, context)
      end({ outcome: 'answered' })
      tokens.inc({ provider, kind: 'input' }, answer.usage.input)
      tokens.inc({ provider, kind: 'output' }, answer.usage.output)
      tokens.inc({ provider, kind: 'cached' }, answer.usage.cached)
      return answer
    } catch (error) {
      const isRetryable = error instanceof MindError && error.retryable
      const given = isRetryable ? 'retryable' : 'failed'
      end({ outcome: context.signal.aborted ? 'aborted' : given })
      throw error
    }
  }
}

function providerOf(model: string | null): string {
  const provider = model?.slice(0, Math.max(model.indexOf('/'), 0)) ?? ''
  return model === null ? 'none' : PROVIDERS.has(provider) ? provider : 'other'
}
