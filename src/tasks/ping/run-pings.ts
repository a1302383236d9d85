import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { MaintenanceTask } from '../../contract/maintenance-task.js';
import type { RunClaim, RunEnd } from '../../contract/run-record.js';
import { isComplete } from '../../contract/task-report.js';
import { isAccident } from '../../errors/run-interrupted.error.js';
import { formatDuration } from '../../text/format.js';
import { ActiveRuns } from '../active-runs.js';
import { RunTime } from '../clocks.js';
import { type CompletePingSettings, PING_SETTINGS } from './ping-settings.js';

type PingedTask = Pick<MaintenanceTask, 'name' | 'scheduleOption' | 'completeDespite'>;

/** Of healthchecks.io: what is put behind the path of the address. */
const PATH_OF = { start: '/start', success: '', failure: '/fail' } as const;

type Signal = keyof typeof PATH_OF;

/** https://healthchecks.io/docs/reliability_tips/ asks for some, as one that is lost is a false alarm. */
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;

/** Tells the monitor of a task that a run of it began, and how it ended. */
@Injectable()
export class RunPings implements OnApplicationShutdown {
  private readonly logger = new Logger('TenxyteMaintenance');
  private readonly failing = new Set<string>();
  private readonly isOver = new AbortController();

  public constructor(
    @Inject(PING_SETTINGS) private readonly settings: CompletePingSettings,
    @Inject(ActiveRuns) private readonly activeRuns: ActiveRuns,
    @Inject(RunTime) private readonly time: RunTime,
  ) {}

  /**
   * Tells that a run begins; answers what tells of its end. Neither waits, and neither throws: a shutdown, and with it the end of a command,
   * waits for what is under way.
   */
  public begin(task: PingedTask, { runId }: Pick<RunClaim, 'runId'>): (end: RunEnd) => void {
    const address = this.settings[task.scheduleOption];
    if (typeof address !== 'string') {
      return () => undefined;
    }
    const ping = (signal: Signal, body: string): Promise<void> =>
      this.ping(task, signal, addressOf(address, signal, runId), body);
    const lead = `${task.name} ${runId}`;
    const started = this.activeRuns.track(ping('start', `${lead} started`));
    return (end) => {
      const signal = signalOf(task, end);
      if (signal !== undefined) {
        const code = end.error === null ? '' : ` (${end.error.code})`;
        // One after the other: a monitor that hears of the end first takes the run for one that goes on.
        void this.activeRuns.track(started.then(() => ping(signal, `${lead} ${end.status}${code}`)));
      }
    };
  }

  /** What a shutdown has not waited for is given up: it would keep the process. */
  public onApplicationShutdown(): void {
    this.isOver.abort();
  }

  private async ping({ name }: PingedTask, signal: Signal, address: URL, body: string): Promise<void> {
    const problem = await this.problemOf(address, body);
    if (problem === undefined) {
      this.failing.delete(name);
    } else if (!this.failing.has(name)) {
      this.failing.add(name);
      this.logger.warn(`The monitor of ${name} was not told of the ${signal} of a run, the run goes on: ${problem}`);
    }
  }

  /** Undefined once the monitor has heard. A redirection is not followed: it would tell the address to somebody else. */
  private async problemOf(address: URL, body: string): Promise<string | undefined> {
    const timeout = AbortSignal.timeout(this.settings.timeoutMs);
    const signal = AbortSignal.any([timeout, this.isOver.signal]);
    for (let attempt = 1; ; attempt += 1) {
      const answer = await attemptAt(address, { method: 'POST', body, redirect: 'manual', signal });
      if (answer.isHeard) {
        return undefined;
      }
      if (this.isOver.signal.aborted) {
        return 'the application ended before it answered';
      }
      if (timeout.aborted) {
        return `it did not answer within ${formatDuration(this.settings.timeoutMs)}`;
      }
      if (!answer.mayPass || attempt === ATTEMPTS) {
        return answer.problem;
      }
      await this.time.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1), signal);
    }
  }
}

type Answer =
  { readonly isHeard: true } | { readonly isHeard: false; readonly problem: string; readonly mayPass: boolean };

/** What is wrong is told by its code: the message of an error may name the address. */
async function attemptAt(address: URL, init: RequestInit): Promise<Answer> {
  try {
    const { ok, status, body } = await fetch(address, init);
    await body?.cancel();
    return ok
      ? { isHeard: true }
      : { isHeard: false, problem: `it answered ${status}`, mayPass: status >= 500 || status === 429 };
  } catch (error) {
    const { cause } = Object(error) as { readonly cause?: { readonly code?: unknown } };
    const code = cause?.code;
    return { isHeard: false, problem: typeof code === 'string' ? code : 'it cannot be reached', mayPass: true };
  }
}

function addressOf(address: string, signal: Signal, runId: string): URL {
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/$/, '')}${PATH_OF[signal]}`;
  url.searchParams.set('rid', runId);
  return url;
}

/**
 * By what counts as a success to the health of a task. Undefined for a run that was stopped on purpose: another one does what it has left,
 * and where none does, the monitor misses it.
 */
function signalOf(task: PingedTask, end: RunEnd): Signal | undefined {
  if (end.status === 'stopped' && !isAccident(end.stopReason)) {
    return undefined;
  }
  return isComplete(task, end) ? 'success' : 'failure';
}
