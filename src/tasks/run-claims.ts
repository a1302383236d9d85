import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { attributionOf } from '../contract/attribution.js';
import type { TaskRequest } from '../contract/maintenance-task.js';
import { type ClaimOutcome, newRunOwner, type RunClaim, type RunTrigger } from '../contract/run-record.js';
import type { ReportedError, TaskReport } from '../contract/task-report.js';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../database/maintenance-data-source.js';
import { withoutPrototype } from '../validation/own-properties.js';
import { ActiveRuns } from './active-runs.js';
import { type AwaitedClaim, claimPatiently, claimUntilAnswered } from './claim-by-hand.js';
import { RunTime } from './clocks.js';
import { type CompleteCoordinationSettings, COORDINATION_SETTINGS } from './coordination-settings.js';
import { claimUncertain } from './run-endings.js';
import { RunRecorder } from './runs/run-recorder.js';
import { RunsTable } from './runs/runs-table.js';
import { claimSlot, type SlotOutcome } from './runs/slot-runs.js';

/** Claims the runs that this process is asked for, and says of those that are not made. */
@Injectable()
export class RunClaims {
  private readonly owner = newRunOwner();

  public constructor(
    @Inject(COORDINATION_SETTINGS) private readonly settings: CompleteCoordinationSettings,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RunsTable) private readonly table: RunsTable,
    @Inject(ActiveRuns) private readonly activeRuns: ActiveRuns,
    @Inject(RunRecorder) private readonly recorder: RunRecorder,
    @Inject(RunTime) private readonly time: RunTime,
  ) {}

  /** A claim for a run of this process. @param request @default that of a scheduled run */
  public claimFor(task: string, trigger: RunTrigger, slot: Date | null, request: TaskRequest = {}): RunClaim {
    const own = withoutPrototype(request);
    const asked = { force: own.force === true, startedBy: attributionOf(own) };
    return { runId: randomUUID(), task, slot, trigger, owner: this.owner, ...asked };
  }

  /** Claims, for as long as the request would have it wait while another run of the task goes on. */
  public async claimAsAsked(wanted: RunClaim, { waitMs = 0, signal }: TaskRequest): Promise<AwaitedClaim<SlotOutcome>> {
    const { closingSignal } = this.activeRuns;
    return claimPatiently(() => this.claimSlot(wanted), {
      waitMs,
      time: this.time,
      signal: signal === undefined ? closingSignal : AbortSignal.any([closingSignal, signal]),
      onWait: (busy) => this.recorder.waits(wanted, busy, waitMs),
    });
  }

  /** Claims a slot, which may be tried again after a run of it that failed: see {@link claimSlot}. */
  public async claimSlot(claim: RunClaim): Promise<SlotOutcome> {
    return claimSlot(
      claim,
      (one) => this.claim(one),
      () => withQueryRunner(this.dataSource, (queryRunner) => this.table.runOfSlot(claim, queryRunner)),
    );
  }

  private async claim(claim: RunClaim): Promise<ClaimOutcome> {
    const attempt = (queryRunner: QueryRunner): Promise<ClaimOutcome> => this.table.claim(claim, queryRunner);
    const { closingSignal } = this.activeRuns;
    return claimUntilAnswered(() => withQueryRunner(this.dataSource, attempt), {
      time: this.time,
      signal: closingSignal,
      giveUp: (error) => claimUncertain(claim, this.settings, error),
    });
  }

  /** Publishes that a run was not made. @param end.isSlotOver true when its slot is not to be run any more, which is recorded */
  public async skip(
    claim: RunClaim,
    {
      isSlotOver,
      ...why
    }: { readonly report: TaskReport; readonly error: ReportedError; readonly isSlotOver: boolean },
  ): Promise<void> {
    if (claim.slot !== null && isSlotOver) {
      await this.table.skip(claim, why.error);
    }
    this.recorder.skipped(claim, why);
  }
}
