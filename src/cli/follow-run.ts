import type { RunRecord } from '../core/log/record/run-record.ts'
import type { Run } from '../drive/run.ts'
import type { StartOptions } from '../drive/runtime-options.ts'
import type { Telemetry } from '../drive/telemetry.ts'
import type { ChosenMind } from './choose-mind.ts'
import { writeJson, type Cli } from './cli.ts'
import { exitCodeOf, showAdvice, showOutcome } from './display/outcome.ts'
import { oneLine } from './display/plain-text.ts'
import { showProgress } from './display/progress.ts'
import { shownStore } from './home/home.ts'

/** What a run is driven with, so that it can be watched and parked. */
interface Watch {
  readonly hooks: Required<Pick<StartOptions, 'signal' | 'onText' | 'onEvents'>>
  /** Takes note of what an opened run did before: results of its calls may still come. */
  readonly recall: (run: Run) => Promise<void>
}

export interface Follow {
  /** True: nothing but the run record on stdout. */
  readonly json: boolean
  /** Who answers; its recording is saved at the end, however it comes. */
  readonly chosen: ChosenMind
  /** What traces it; it is closed at the end. */
  readonly telemetry: Telemetry | null
  /** Starts the run or goes on with it; resolves with its record once it rests or is parked. */
  readonly drive: (watch: Watch) => Promise<RunRecord>
}

/** Signals this close together are one key press: npm and run.mjs pass the terminal's own on. */
const ONE_PRESS_MS = 400

/**
 * Drives a run to its rest and shows it. Ctrl-C once parks it (exit 130), twice leaves at once; else
 * the exit code is that of its reason.
 */
export async function followRun(cli: Cli, follow: Follow): Promise<void> {
  const screen = follow.json ? (cli.aside.live ? cli.aside : null) : cli.screen
  const progress = screen === null ? null : showProgress(screen)
  const interrupt = parkOnInterrupt(() => progress?.note(PARKING))
  screen?.entry({
    indent: 0,
    mark: '·',
    markColor: 'dim',
    body: follow.chosen.about,
    bodyColor: 'dim',
  })
  let record: RunRecord
  try {
    record = await follow.drive({
      hooks: {
        signal: interrupt.signal,
        onText: (delta, { branch }) => progress?.text(delta, branch),
        onEvents: (events) => {
          for (const event of events) progress?.show(event)
        },
      },
      recall: async (run) => {
        for await (const event of run.events()) progress?.recall(event)
      },
    })
  } finally {
    interrupt.release()
    await follow.chosen.save()
    await follow.telemetry?.close()
  }
  const parked = interrupt.signal.aborted && record.reason === null
  const log = shownStore(cli.env)
  const way = { command: cli.command, flags: follow.chosen.flags }
  if (follow.json) writeJson(cli, record)
  if (screen !== null) {
    if (parked) {
      progress?.note(`parked: all that was committed is in ${oneLine(log)}`)
      showAdvice(screen, record, way)
    } else {
      showOutcome(screen, record, { log, ...way })
    }
  }
  cli.exitCode = parked ? 130 : exitCodeOf(record.reason)
}

const PARKING = 'parking the run; tools under way are waited for; Ctrl-C again leaves at once'

interface Interrupt {
  readonly signal: AbortSignal
  release(): void
}

function parkOnInterrupt(onFirst: () => void): Interrupt {
  const controller = new AbortController()
  let pressedAt = 0
  const press = (): void => {
    const now = performance.now()
    if (!controller.signal.aborted) {
      pressedAt = now
      controller.abort()
      onFirst()
    } else if (now - pressedAt > ONE_PRESS_MS) {
      // Whatever is committed stands; nothing here is worth waiting for.
      process.exit(130)
    }
  }
  process.on('SIGINT', press)
  return { signal: controller.signal, release: () => void process.off('SIGINT', press) }
}
