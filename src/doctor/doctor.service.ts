import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { CleanupTables } from '../cleanup/cleanup-tables.js';
import { CLEANUP_TARGETS } from '../cleanup/targets/cleanup-targets.js';
import type { CleanupTarget } from '../cleanup/targets/define-cleanup-target.js';
import { MAINTENANCE_DATA_SOURCE } from '../database/maintenance-data-source.js';
import type { MappedTable } from '../database/mapped-table.js';
import type { TransactionMode } from '../database/short-transaction.js';
import { inTransaction } from '../database/short-transaction.js';
import { isConnectionLost } from '../database/sql-state.js';
import type { DoctorCheck, DoctorReport } from './doctor-report.js';
import type { DoctorThresholds } from './doctor-thresholds.js';
import { DOCTOR_THRESHOLDS } from './doctor-thresholds.js';
import { missingRunsCheck, missingTableChecks } from './missing-tables.js';
import { serverChecks } from './server-checks.js';
import { readServerFacts } from './server-facts.js';
import { examineTarget } from './target-examination.js';
import { unexaminableCheck } from './unexaminable-table.js';

/** A look at the catalogs takes milliseconds; only a table that is being altered makes it wait. */
const EXAMINATION: TransactionMode = {
  isolation: 'repeatable read',
  access: 'read only',
  settings: { lock_timeout: 2_000, statement_timeout: 15_000 },
};

/** Checks whether the database is as the maintenance tasks need it, and says what to do where it is not. Changes nothing. */
@Injectable()
export class DoctorService {
  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CleanupTables) private readonly tables: CleanupTables,
    @Inject(DOCTOR_THRESHOLDS) private readonly thresholds: DoctorThresholds,
  ) {}

  /** Examines the server and every target's table. Throws only when the connection itself fails. */
  public async examine(): Promise<DoctorReport> {
    const queryRunner = this.dataSource.createQueryRunner();
    try {
      const checks = await this.examineWith(queryRunner);
      const problems = checks.filter(({ level }) => level === 'problem').length;
      return { task: 'doctor', status: 'succeeded', checks, problems };
    } finally {
      await queryRunner.release();
    }
  }

  private async examineWith(queryRunner: QueryRunner): Promise<DoctorCheck[]> {
    const facts = await readServerFacts(queryRunner);
    const found: DoctorCheck[] = [];
    const missing: MappedTable[] = [];
    const own: DoctorCheck[] = [];
    for (const target of CLEANUP_TARGETS) {
      const table = this.tables.of(target);
      const checks = await this.examineTable(queryRunner, { target, table, role: facts.role });
      if (target.entity === 'MaintenanceRun') {
        own.push(...(checks ?? [missingRunsCheck(table)]));
      } else {
        found.push(...(checks ?? []));
        missing.push(...(checks === undefined ? [table] : []));
      }
    }
    const missingChecks = missingTableChecks(missing, { hasAny: found.length > 0, ...facts });
    return [...serverChecks(facts, this.thresholds), ...found, ...missingChecks, ...own];
  }

  private async examineTable(
    queryRunner: QueryRunner,
    subject: TableSubject,
  ): Promise<readonly DoctorCheck[] | undefined> {
    const { dataSource, thresholds } = this;
    try {
      return await inTransaction(queryRunner, EXAMINATION, () =>
        examineTarget({ dataSource, queryRunner, thresholds, ...subject }),
      );
    } catch (error) {
      if (isConnectionLost(error)) {
        throw error;
      }
      return [unexaminableCheck(error, subject.table, dataSource.driver.escape(subject.role))];
    }
  }
}

interface TableSubject {
  readonly target: CleanupTarget;
  readonly table: MappedTable;
  readonly role: string;
}
