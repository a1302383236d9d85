import { Inject, Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { HELD_TARGETS, HoldPlanner, type HeldTarget } from '../holds/hold-planner.js';
import { HoldsTable } from '../holds/holds-table.js';
import { findStoredTable } from '../database/stored-table.js';
import type { SubjectKind } from '../holds/hold-dimensions.js';
import type { LegalHold } from '../holds/legal-hold.js';
import { countOf, formatDuration } from '../text/format.js';
import type { DoctorCheck } from './doctor-report.js';

/** Examines the legal holds: those whose review is overdue, the targets that are held whole, and what looking them up costs each batch. */
@Injectable()
export class HoldExamination {
  public constructor(
    @Inject(HoldsTable) private readonly table: HoldsTable,
    @Inject(HoldPlanner) private readonly planner: HoldPlanner,
    @Inject(HELD_TARGETS) private readonly targets: () => readonly HeldTarget[],
  ) {}

  /** To be called in a transaction that reads. */
  public async examine(queryRunner: QueryRunner): Promise<DoctorCheck[]> {
    const summary = await this.table.summary(queryRunner);
    if (summary === null || summary.inForce === 0) {
      return summary === null ? [] : [{ name: 'holds', level: 'ok', message: 'no legal hold is in force' }];
    }
    const holds = await this.table.read(queryRunner, {});
    return [
      {
        name: 'holds',
        level: 'ok',
        message: `${countOf(summary.inForce, 'legal hold')} in force${costText(await this.table.lookUpCost(queryRunner))}`,
      },
      ...targetChecks(
        holds,
        this.targets().map(({ name }) => name),
      ),
      ...reviewChecks(holds),
      ...(await this.wholeChecks(queryRunner)),
    ];
  }

  private async wholeChecks(queryRunner: QueryRunner): Promise<DoctorCheck[]> {
    const checks: DoctorCheck[] = [];
    for (const target of this.targets()) {
      const stored = await findStoredTable(queryRunner, target.table);
      const { heldWhole = [] } = stored === undefined ? {} : await this.planner.plan(queryRunner, target, stored);
      if (heldWhole.length > 0) {
        checks.push({
          name: 'holds',
          level: 'advice',
          subject: target.name,
          message: `nothing of it is deleted, as it is held whole by ${heldWhole.join(', ')}`,
          whatToDo:
            'nothing where that is meant; otherwise place a hold that names a target, or what its rows tell, and release this one',
        });
      }
    }
    return checks;
  }
}

/** A hold on a target that nobody has holds no row. */
function targetChecks(holds: readonly LegalHold[], targets: readonly string[]): DoctorCheck[] {
  return holds
    .filter(({ target }) => target !== null && !targets.includes(target))
    .map(({ id, target }) => ({
      name: 'holds',
      level: 'problem',
      subject: id,
      message: `it is a hold on the target ${target}, which there is none of: it holds nothing`,
      whatToDo: `place it anew on one of ${targets.join(', ')}, and release this one; a target of your own that was renamed needs its holds anew, too`,
    }));
}

function reviewChecks(holds: readonly LegalHold[]): DoctorCheck[] {
  return holds
    .filter(({ status, reviewAt }) => status === 'active' && reviewAt !== null && Date.parse(reviewAt) < Date.now())
    .map(({ id, caseRef, reviewAt }) => ({
      name: 'holds',
      level: 'advice',
      message: `the hold ${id} (${caseRef}) was to be reviewed by ${reviewAt}`,
      whatToDo: 'release it, or set another date: have the owner of the table holds update review_at of its row',
    }));
}

const SUBJECT_WORDS: Readonly<Record<SubjectKind, string>> = {
  user: 'user',
  identifier: 'identifier',
  agentToken: 'agent token',
  application: 'application',
  organization: 'organization',
};

/** `; each batch looks up 10,000 users (8 ms), 1 agent token (1 ms)` */
function costText(costs: Awaited<ReturnType<HoldsTable['lookUpCost']>>): string {
  const parts = costs.map(
    ({ kind, values, durationMs }) => `${countOf(values, SUBJECT_WORDS[kind])} (${formatDuration(durationMs)})`,
  );
  return parts.length === 0 ? '' : `; a batch looks up as many as ${parts.join(', ')}`;
}
