import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { BATCH_LIMITS } from '../batches/batch-limits.js';
import type { Instant } from '../database/instant.js';
import { BRIEF_READING } from '../database/brief-statement.js';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../database/maintenance-data-source.js';
import { inTransaction, type TimeOuts, writingMode } from '../database/short-transaction.js';
import { SQL_STATE, sqlState } from '../database/sql-state.js';
import { HoldNotFoundError, HoldNotPlacedError, HoldReleasedError, lookUpTimedOut } from '../errors/hold.errors.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { ActiveRuns } from '../tasks/active-runs.js';
import { RunsSchema } from '../tasks/runs/runs-schema.js';
import { MaintenanceEvents } from '../telemetry/maintenance-events.js';
import { MaintenanceLog } from '../telemetry/maintenance-log.js';
import { holdBlockers } from './hold-gate.js';
import { HELD_TARGETS, HoldPlanner, type HeldTarget } from './hold-planner.js';
import { type HeldRow, validateHoldId, validatePlacement, validateRelease, validateRow } from './hold-requests.js';
import { type CompleteHoldSettings, HOLD_SETTINGS } from './hold-settings.js';
import type { HoldEvents } from './hold.events.js';
import { HoldsTable } from './holds-table.js';
import type { HoldPlacement, HoldRelease, LegalHold, LegalHoldDetails } from './legal-hold.js';

/** Looking up whom identifiers name takes a second for a million users, which are gone through. */
const RESOLVING_MS = 30_000;

/**
 * Places legal holds, which keep rows from being deleted whatever the retention says, and releases them. Where the database cannot be reached,
 * each call throws the driver's error.
 */
@Injectable()
export class LegalHoldService {
  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
    @Inject(HoldsTable) private readonly table: HoldsTable,
    @Inject(HoldPlanner) private readonly planner: HoldPlanner,
    @Inject(HELD_TARGETS) private readonly targets: () => readonly HeldTarget[],
    @Inject(BATCH_LIMITS) private readonly limits: TimeOuts,
    @Inject(HOLD_SETTINGS) private readonly settings: CompleteHoldSettings,
    @Inject(ActiveRuns) private readonly activeRuns: ActiveRuns,
    @Inject(MaintenanceEvents) private readonly events: MaintenanceEvents<HoldEvents>,
    @Inject(MaintenanceLog) private readonly log: MaintenanceLog,
  ) {}

  /**
   * Places a hold. Once this returns it is in force: no row that it holds and that is still there is deleted, whichever replica or command
   * line deletes. Whom it names is looked up now, and again at each run's start: a user's e-mail address, phone numbers and user name, the
   * agent tokens of a user, an application or an organization, the members of an organization. What was found once stays held.
   *
   * @throws {MaintenanceConfigError} when the request is invalid; nothing was placed
   * @throws {HoldNotPlacedError} when a deletion in flight, or somebody else's hold, did not end in time: `cleanup.statementTimeoutMs` and
   * `lockTimeoutMs` together; nothing was placed
   * @throws {MaintenanceError} `STATEMENT_TIMEOUT` when whom it names could not be looked up in time; nothing was placed
   */
  public async place(request: HoldPlacement): Promise<LegalHold> {
    const placement = validatePlacement(request, this.targetNames());
    const hold = await this.change(async (queryRunner) =>
      this.one(queryRunner, await this.table.place(queryRunner, placement)),
    );
    const { id: holdId, caseRef, target, placedBy: actor, reason } = hold;
    const event = { holdId, caseRef, target, actor, reason };
    this.events.emit('tenxyte-maintenance.hold.placed', event);
    this.log.write('log', {
      text: `Legal hold ${holdId} (${caseRef}) placed by ${actor} on ${target ?? 'every target'}: ${reason}`,
      fields: { event: 'hold.placed', ...event },
    });
    return hold;
  }

  /**
   * Releases a hold for good. It stays in force for the days of the option `holds.coolDownDays`.
   *
   * @throws {MaintenanceConfigError} when the id or the request is invalid; nothing was changed
   * @throws {HoldNotFoundError}
   * @throws {HoldReleasedError} when it was released before
   * @throws {HoldNotPlacedError} when a deletion in flight did not end in time; nothing was changed
   */
  public async release(id: string, request: HoldRelease): Promise<LegalHold> {
    const given = validateHoldId('release', id);
    const release = validateRelease(request);
    const hold = await this.change(async (queryRunner) => {
      const { id: holdId } = await this.one(queryRunner, given);
      const isReleased = await this.table.release(queryRunner, holdId, release, this.settings.coolDownDays);
      const found = await this.one(queryRunner, holdId);
      if (!isReleased) {
        throw new HoldReleasedError(found);
      }
      return found;
    });
    const { id: holdId, caseRef, target } = hold;
    const effectiveReleaseAt = hold.effectiveReleaseAt as Instant;
    const event = { holdId, caseRef, target, actor: release.releasedBy, reason: release.reason, effectiveReleaseAt };
    this.events.emit('tenxyte-maintenance.hold.released', event);
    this.log.write('log', {
      text: `Legal hold ${holdId} (${caseRef}) released by ${event.actor}, in force until ${effectiveReleaseAt}: ${event.reason}`,
      fields: { event: 'hold.released', ...event },
    });
    return hold;
  }

  /** The holds in force, the latest first; with `ended` those that are over as well, behind them. */
  public async list({ ended = false }: { readonly ended?: boolean } = {}): Promise<LegalHold[]> {
    return this.read<LegalHold[]>(
      () => [],
      (queryRunner) => this.table.read(queryRunner, { ended }),
    );
  }

  /**
   * One hold with what happened to it, and the targets that it holds whole.
   *
   * @param id a UUID, or its first eight characters or more, when no other hold's begins so
   * @throws {MaintenanceConfigError} when it is no such text
   * @throws {HoldNotFoundError}
   */
  public async show(id: string): Promise<LegalHoldDetails> {
    const given = validateHoldId('show', id);
    const none = (): never => {
      throw new HoldNotFoundError(given, 0);
    };
    return this.read<LegalHoldDetails>(none, async (queryRunner) => {
      const hold = await this.one(queryRunner, given);
      const events = await this.table.events(queryRunner, hold.id);
      return { ...hold, events, heldWhole: await this.planner.heldWholeBy(queryRunner, hold.id) };
    });
  }

  /**
   * The holds in force that hold a row of these properties, as they were resolved last. What is not given counts as not told by the row, as a
   * column that is null.
   *
   * @throws {MaintenanceConfigError} when the row is none
   */
  public async explain(row: HeldRow): Promise<LegalHold[]> {
    const checked = validateRow(row, this.targetNames());
    return this.read<LegalHold[]>(
      () => [],
      async (queryRunner) => {
        const ids = await this.planner.holdsOf(queryRunner, checked);
        const holds = await this.table.read(queryRunner, {});
        return holds.filter(({ id }) => ids.includes(id));
      },
    );
  }

  private targetNames(): readonly string[] {
    return this.targets().map(({ name }) => name);
  }

  /** @throws {HoldNotFoundError} */
  private async one(queryRunner: QueryRunner, id: string): Promise<LegalHold> {
    const found = await this.table.read(queryRunner, { id });
    const [hold] = found;
    if (hold === undefined || found.length > 1) {
      throw new HoldNotFoundError(id, found.length);
    }
    return hold;
  }

  /** @param none what is read where this package has no tables yet */
  private async read<Result>(none: () => Result, work: (queryRunner: QueryRunner) => Promise<Result>): Promise<Result> {
    if (!(await this.schema.find(false))) {
      return none();
    }
    return withQueryRunner(this.dataSource, (queryRunner) =>
      inTransaction(queryRunner, BRIEF_READING, () => work(queryRunner)),
    );
  }

  private async change<Result>(work: (queryRunner: QueryRunner) => Promise<Result>): Promise<Result> {
    await this.schema.find(true);
    // The slowest batch is over by then.
    const longestWaitMs = this.limits.statementTimeoutMs + this.limits.lockTimeoutMs;
    const timeOuts = { lockTimeoutMs: longestWaitMs, statementTimeoutMs: longestWaitMs + RESOLVING_MS };
    // What was committed is on the disk, and on a synchronous standby, once the call returns.
    const mode = writingMode(timeOuts, { synchronous_commit: 'on' });
    const changing = withQueryRunner(this.dataSource, async (queryRunner) => {
      try {
        return await inTransaction(queryRunner, mode, () => work(queryRunner));
      } catch (error) {
        if (sqlState(error) === SQL_STATE.queryCanceled) {
          const message = `${lookUpTimedOut(timeOuts.statementTimeoutMs)}. Nothing was changed`;
          throw new MaintenanceError('STATEMENT_TIMEOUT', message, { cause: error });
        }
        if (sqlState(error) !== SQL_STATE.lockNotAvailable) {
          throw error;
        }
        const blockers = await inTransaction(queryRunner, BRIEF_READING, () =>
          holdBlockers(queryRunner, this.table.barrierKey),
        );
        throw new HoldNotPlacedError(longestWaitMs, blockers);
      }
    });
    return this.activeRuns.track(changing);
  }
}
