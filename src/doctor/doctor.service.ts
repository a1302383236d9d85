import { Inject, Injectable } from '@nestjs/common';
import pg from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { CleanupTables } from '../cleanup/cleanup-tables.js';
import { CLEANUP_SETTINGS, type CompleteCleanupSettings } from '../cleanup/cleanup-settings.js';
import { isOwnTarget } from '../cleanup/targets/define-cleanup-target.js';
import { targetsInForce } from '../cleanup/targets/targets-in-force.js';
import { BRIEF } from '../database/brief-statement.js';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../database/maintenance-data-source.js';
import type { MappedTable } from '../database/mapped-table.js';
import { inTransaction, snapshotMode } from '../database/short-transaction.js';
import { isConnectionLost } from '../database/sql-state.js';
import { type CompleteCoordinationSettings, COORDINATION_SETTINGS } from '../tasks/coordination-settings.js';
import { mappedTable } from '../tenxyte/entity-table.js';
import { ENTITY_CLASSES, type EntityClasses } from '../tenxyte/tenxyte-entities.js';
import { type OwnerAssertion, TenxyteTables } from '../tenxyte/tenxyte-tables.js';
import { type CompleteTotpSettings, TOTP_SETTINGS } from '../totp-key-rotation/totp-settings.js';
import { examineAgents } from './agent-examination.js';
import type { DoctorCheck, DoctorReport } from './doctor-report.js';
import { DOCTOR_THRESHOLDS, type DoctorThresholds } from './doctor-thresholds.js';
import { missingHostTableCheck, missingRunsCheck, missingTableChecks } from './missing-tables.js';
import { OperationExamination } from './operation-examination.js';
import { ownPublicationChecks, readOwnPublications } from './publication-checks.js';
import { readOpenSchemas, searchPathChecks } from './search-path-checks.js';
import { serverChecks } from './server-checks.js';
import { readServerFacts, type ServerFacts } from './server-facts.js';
import { examineTarget } from './target-examination.js';
import { unexaminableCheck } from './unexaminable-table.js';
import { examineUsers } from './user-examination.js';

const EXAMINATION = snapshotMode(BRIEF);

/** Answers undefined when there is no such table. */
type TableExamination = () => Promise<readonly DoctorCheck[] | undefined>;

/** A table that is examined. */
interface Subject {
  readonly table: MappedTable;
  /** This package's own. */
  readonly isOwn: boolean;
  /** Of a target of the host's own, which says nothing about Tenxyte. @default false */
  readonly isOfHost?: boolean;
  readonly examine: TableExamination;
}

/** Checks whether the database is as the maintenance tasks need it, and says what to do where it is not. Changes nothing. */
@Injectable()
export class DoctorService {
  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CleanupTables) private readonly tables: CleanupTables,
    @Inject(DOCTOR_THRESHOLDS) private readonly thresholds: DoctorThresholds,
    @Inject(ENTITY_CLASSES) private readonly entities: EntityClasses,
    @Inject(OperationExamination) private readonly operation: OperationExamination,
    @Inject(CLEANUP_SETTINGS) private readonly settings: CompleteCleanupSettings,
    @Inject(TenxyteTables) private readonly presence: TenxyteTables,
    @Inject(COORDINATION_SETTINGS) private readonly coordination: CompleteCoordinationSettings,
    @Inject(TOTP_SETTINGS) private readonly totp: CompleteTotpSettings,
  ) {}

  /**
   * Examines the server, every target's table, that of the agents and of the users, and how the tasks are run. Throws only when the connection itself fails.
   */
  public async examine(): Promise<DoctorReport> {
    const examined = await withQueryRunner(this.dataSource, (queryRunner) => this.examineTables(queryRunner));
    // Whoever waits for a further connection while holding one may wait for itself.
    const checks = [...examined, ...(await this.operation.examine())];
    const problems = checks.filter(({ level }) => level === 'problem').length;
    return { task: 'doctor', status: 'succeeded', checks, problems };
  }

  private async examineTables(queryRunner: QueryRunner): Promise<DoctorCheck[]> {
    const facts = await inTransaction(queryRunner, EXAMINATION, () => readServerFacts(queryRunner));
    const found: DoctorCheck[] = [];
    const missing: MappedTable[] = [];
    const own: DoctorCheck[] = [];
    const ofHost: DoctorCheck[] = [];
    const subjects = this.subjects(queryRunner, facts);
    for (const { table, isOwn, isOfHost, examine } of subjects) {
      const checks = await this.examineTable(queryRunner, facts.role, table, examine);
      if (isOfHost === true) {
        ofHost.push(...(checks ?? [missingHostTableCheck(table)]));
      } else if (isOwn) {
        own.push(...(checks ?? [missingRunsCheck(table)]));
      } else {
        found.push(...(checks ?? []));
        missing.push(...(checks === undefined ? [table] : []));
      }
    }
    const missingChecks = missingTableChecks(missing, { hasAny: found.length > 0, ...facts });
    const tables = subjects.filter(({ isOwn }) => !isOwn).map(({ table }) => table.sqlName);
    const open = await inTransaction(queryRunner, EXAMINATION, () => readOpenSchemas(queryRunner, tables));
    const path = searchPathChecks(open, this.escape);
    const published = await this.publicationChecks(queryRunner, facts);
    return [
      ...serverChecks(facts, this.thresholds),
      ...path,
      ...found,
      ...missingChecks,
      ...ofHost,
      ...own,
      ...published,
    ];
  }

  private subjects(queryRunner: QueryRunner, { role, versionNumber }: ServerFacts): Subject[] {
    const { thresholds, settings } = this;
    const agents = mappedTable(this.dataSource, this.entities, 'AgentToken');
    const targets = targetsInForce(settings).map((target) => {
      const table = this.tables.of(target);
      const isOfHost = isOwnTarget(target);
      const isOwn = target.entity === 'MaintenanceRun';
      const assertOwner = isOwn || isOfHost ? undefined : this.assertOwner;
      const examination = {
        queryRunner,
        thresholds,
        target,
        table,
        role,
        versionNumber,
        settings,
        assertOwner,
      };
      return { table, isOwn, isOfHost, examine: async () => examineTarget(examination) };
    });
    const examine = async () => examineAgents({ queryRunner, table: agents, role, versionNumber });
    return [
      ...targets,
      { table: agents, isOwn: false, examine },
      ...(this.totp.keys.length === 0 ? [] : [this.users(queryRunner, role, versionNumber)]),
    ];
  }

  /** The rotation has a table of its own, where there is anything to rotate with. */
  private users(queryRunner: QueryRunner, role: string, versionNumber: number): Subject {
    const { assertOwner } = this;
    const table = mappedTable(this.dataSource, this.entities, 'User');
    const examination = { queryRunner, table, role, versionNumber, assertOwner };
    return { table, isOwn: false, examine: async () => examineUsers(examination) };
  }

  private async publicationChecks(queryRunner: QueryRunner, facts: ServerFacts): Promise<DoctorCheck[]> {
    const { schema } = this.coordination;
    const read = () => readOwnPublications(queryRunner, schema, facts);
    return ownPublicationChecks(await inTransaction(queryRunner, EXAMINATION, read), schema, this.escape);
  }

  private readonly escape = pg.escapeIdentifier;

  private readonly assertOwner: OwnerAssertion = (queryRunner, stored) =>
    this.presence.assertOwner(queryRunner, stored, 'Every run is refused');

  private async examineTable(
    queryRunner: QueryRunner,
    role: string,
    table: MappedTable,
    examine: TableExamination,
  ): Promise<readonly DoctorCheck[] | undefined> {
    try {
      return await inTransaction(queryRunner, EXAMINATION, examine);
    } catch (error) {
      if (isConnectionLost(error)) {
        throw error;
      }
      return [unexaminableCheck(error, table, this.escape(role))];
    }
  }
}
