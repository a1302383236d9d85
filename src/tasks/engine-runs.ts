import * as v from 'valibot';
import { Inject, Injectable } from '@nestjs/common';
import { attributionEntries } from '../contract/attribution.js';
import type { EngineRun, EngineRunRequest, EngineVerdict } from '../contract/engine-run.js';
import { reportedError, type TaskReport } from '../contract/task-report.js';
import type { InterruptionReason } from '../errors/run-interrupted.error.js';
import { ShuttingDownError } from '../errors/shutting-down.error.js';
import { strictObject } from '../validation/strict-object.js';
import { validate } from '../validation/validation.js';
import { ActiveRuns } from './active-runs.js';
import { skippedReport, whyNotMade } from './run-endings.js';
import { RunClaims } from './run-claims.js';
import { RunsSchema } from './runs/runs-schema.js';
import { type RunnableTask, TaskRunner } from './task-runner.js';

/** A run that goes on is asked about again this soon; of one whose process died, its lease has to run out first. */
const BUSY_RETRY_MS = 5_000;

/** What a run that was stopped means for the job that it was made for: what a run has left, the next slot does. */
const VERDICT_OF_STOP: Readonly<Record<InterruptionReason, EngineVerdict>> = {
  shutdown: 'handed-back',
  requested: 'give-up',
  signal: 'give-up',
  cancelled: 'give-up',
  'time-budget': 'done',
  'lease-lost': 'retry',
  'no-answer': 'retry',
};

const text = (what: string): v.GenericSchema<string> =>
  v.custom<string>(
    (value) => typeof value === 'string' && /^[^\0]{1,200}$/.test(value) && value.trim() !== '',
    `${what}, of 1 to 200 characters`,
  );
const time = v.custom<Date>((value) => value instanceof Date && !Number.isNaN(value.getTime()), 'a valid Date');

/** @throws {MaintenanceConfigError} listing every problem */
export function validateEngineRunRequest(request: EngineRunRequest): EngineRunRequest {
  const schema = strictObject(
    {
      engine: text('the name of an engine, such as "bullmq"'),
      engineJob: text('the id of a job'),
      slot: v.optional(time),
      ...attributionEntries,
      signal: v.optional(v.instance(AbortSignal, 'an AbortSignal')),
      onProgress: v.optional(v.custom((value) => typeof value === 'function', 'a function')),
    },
    'an object',
  );
  return validate('Invalid call of runForEngine()', schema, request) as EngineRunRequest;
}

/** Runs tasks for the jobs of an engine. The claim decides which of them runs, whatever the engine has promised. */
@Injectable()
export class EngineRuns {
  public constructor(
    @Inject(TaskRunner) private readonly runner: TaskRunner,
    @Inject(RunClaims) private readonly claims: RunClaims,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
    @Inject(ActiveRuns) private readonly activeRuns: ActiveRuns,
  ) {}

  /** Never throws: what was wrong is in the answer. */
  public async run(runnable: RunnableTask, request: EngineRunRequest): Promise<EngineRun> {
    const { closingSignal } = this.activeRuns;
    if (closingSignal.aborted) {
      const error = reportedError(new ShuttingDownError(runnable.task.name));
      return { verdict: 'handed-back', report: null, error };
    }
    return this.activeRuns.track(
      this.claimAndWork(runnable, request).catch((thrown: unknown) => {
        const error = reportedError(thrown);
        const verdict = closingSignal.aborted ? 'handed-back' : error.retryable ? 'retry' : 'give-up';
        return { verdict, report: null, error };
      }),
    );
  }

  private async claimAndWork(
    runnable: RunnableTask,
    { engine, engineJob, slot: given, ...request }: EngineRunRequest,
  ): Promise<EngineRun> {
    const { task } = runnable;
    const slot = given ?? null;
    await this.schema.ensure();
    const wanted = { ...this.claims.claimFor(task.name, 'engine', slot, request), engine, engineJob };
    const outcome = await this.claims.claimSlot(wanted);
    const { claim } = outcome;
    if (outcome.kind === 'claimed') {
      const report = await this.runner.runClaimed(claim, outcome, runnable, request);
      return { verdict: verdictOf(report), report, error: report.error ?? null };
    }
    const error = whyNotMade(claim, outcome, outcome);
    const report = skippedReport(task, request, { runId: claim.runId, runAt: outcome.at, error });
    if (outcome.kind === 'taken' || outcome.kind === 'paused') {
      await this.claims.skip(claim, { report, error, isSlotOver: outcome.kind === 'paused' });
      return { verdict: 'done', report, error };
    }
    const untilSlotMs = outcome.kind === 'early' && slot !== null ? slot.getTime() - Date.parse(outcome.at) : 0;
    return { verdict: 'busy', retryAfterMs: Math.max(BUSY_RETRY_MS, untilSlotMs), report, error };
  }
}

/** What a run that was made means for its job. */
function verdictOf({ status, stopReason, error }: TaskReport): EngineVerdict {
  if (stopReason !== null) {
    return status === 'succeeded' ? 'done' : VERDICT_OF_STOP[stopReason];
  }
  return status === 'failed' ? (error?.retryable === false ? 'give-up' : 'retry') : 'done';
}
