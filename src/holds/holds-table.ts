import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { instantSql } from '../database/instant.js';
import { MAINTENANCE_DATA_SOURCE } from '../database/maintenance-data-source.js';
import { inForce, holdBarrierKey } from '../tasks/runs/holds-schema-steps.js';
import { RunsSchema } from '../tasks/runs/runs-schema.js';
import { mappedTable } from '../tenxyte/entity-table.js';
import { ENTITY_CLASSES, type EntityClasses } from '../tenxyte/tenxyte-entities.js';
import { type FormatsOfSubjects, type IdFormat, SUBJECT_KINDS, type SubjectKind } from './hold-dimensions.js';
import type { HoldTables } from './hold-predicate.js';
import type { HoldEvent, HoldPlacement, HoldRelease, HoldsSummary, LegalHold } from './legal-hold.js';
import { findStoredTable } from '../database/stored-table.js';
import { findSubjectTables, formatIn, holdsInForce, resolveHolds, type SourceOf } from './resolve-holds.js';

/** The record of the legal holds. Each method takes part in the transaction that is open. */
@Injectable()
export class HoldsTable {
  public constructor(
    @Inject(RunsSchema) private readonly schema: RunsSchema,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(ENTITY_CLASSES) private readonly entities: EntityClasses,
  ) {}

  /** The tables, escaped for SQL. */
  public get names(): HoldTables {
    return { holds: this.schema.table('holds'), subjects: this.schema.table('hold_subjects') };
  }

  /** The key of the advisory lock between deletions and whoever changes the holds. */
  public get barrierKey(): string {
    return holdBarrierKey(this.schema.sqlName);
  }

  private readonly source: SourceOf = (entity) => mappedTable(this.dataSource, this.entities, entity);

  /** Waits until no batch that deletes is in flight, and keeps others from beginning until the transaction ends. */
  public async place(queryRunner: QueryRunner, placement: HoldPlacement): Promise<string> {
    const { caseRef, reason, target, userId, identifiers, applicationId, organizationId } = placement;
    const dimensions = { user: userId, identifiers, application: applicationId, organization: organizationId };
    const named = Object.entries(dimensions).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    const tables = await findSubjectTables(queryRunner, this.source, named);
    const [{ id } = { id: '' }]: { id: string }[] = await queryRunner.query(
      `
      insert into ${this.names.holds} (
        case_ref, reason, target, user_id, identifiers, application_id, organization_id,
        created_from, created_to, placed_by, review_at
      )
      values (
        $1::pg_catalog.text, $2::pg_catalog.text, $3::pg_catalog.text, $4::pg_catalog.text, $5::pg_catalog.text[],
        $6::pg_catalog.text, $7::pg_catalog.text, $8::pg_catalog.timestamptz, $9::pg_catalog.timestamptz,
        $10::pg_catalog.text, $11::pg_catalog.timestamptz
      )
      returning id`,
      [
        caseRef,
        reason,
        target ?? null,
        orNull(userId),
        identifiers === undefined ? null : [...identifiers],
        orNull(applicationId),
        orNull(organizationId),
        placement.createdFrom?.toISOString() ?? null,
        placement.createdTo?.toISOString() ?? null,
        placement.placedBy,
        placement.reviewAt?.toISOString() ?? null,
      ],
    );
    await resolveHolds(queryRunner, this.names, tables, [id]);
    return id;
  }

  /** Ends a hold after its cool-down; false when it was released before, or there is none. */
  public async release(
    queryRunner: QueryRunner,
    id: string,
    { reason, releasedBy }: HoldRelease,
    coolDownDays: number,
  ): Promise<boolean> {
    const { affected } = await queryRunner.query(
      `
      update ${this.names.holds}
      set released_by = $2::pg_catalog.text,
          released_at = pg_catalog.now(),
          release_reason = $3::pg_catalog.text,
          effective_release_at = pg_catalog.now()
            operator(pg_catalog.+) ($4::pg_catalog.int8 operator(pg_catalog.*) interval '24 hours')
      where id operator(pg_catalog.=) $1::pg_catalog.uuid
        and released_at is null`,
      [id, releasedBy, reason, String(coolDownDays)],
      true,
    );
    return affected === 1;
  }

  /** Writes down what the holds in force come to now; see {@link resolveHolds}. Forgets what those that are over came to. */
  public async resolve(queryRunner: QueryRunner): Promise<void> {
    const { holds, subjects } = this.names;
    const found = await holdsInForce(queryRunner, this.names);
    const shapes = [...new Set(found.map(({ shape }) => shape))];
    const tables = await findSubjectTables(queryRunner, this.source, shapes);
    const ids = found.map(({ id }) => id);
    await resolveHolds(queryRunner, this.names, tables, ids);
    await queryRunner.query(`
      delete from ${subjects} as subject
      where exists (
        select from ${holds} as hold
        where hold.id operator(pg_catalog.=) subject.hold_id and not ${inForce('hold')}
      )`);
    await queryRunner.query(`
      update ${holds} as hold
      set identifiers = '{}'
      where not ${inForce('hold')} and hold.identifiers operator(pg_catalog.<>) '{}'`);
  }

  /** How the ids are written of whom holds come to by others than what they name. */
  public async formatsOfSubjects(queryRunner: QueryRunner): Promise<FormatsOfSubjects> {
    const formatOfIds = async (entity: 'User' | 'AgentToken'): Promise<IdFormat | undefined> => {
      const table = this.source(entity);
      const stored = await findStoredTable(queryRunner, table);
      return stored && formatIn({ table, stored }, 'id');
    };
    const [user, agentToken] = [await formatOfIds('User'), await formatOfIds('AgentToken')];
    return { ...(user && { user }), ...(agentToken && { agentToken }) };
  }

  /** False where there is no such table yet, and where the role may not read it, or not all of it. */
  public async isReadable(queryRunner: QueryRunner): Promise<boolean> {
    const [answer]: { is: boolean }[] = await queryRunner.query(
      `
      select pg_catalog.count(*) operator(pg_catalog.=) 2 as is
      from pg_catalog.pg_class as class
      join pg_catalog.pg_namespace as namespace on namespace.oid operator(pg_catalog.=) class.relnamespace
      where namespace.nspname operator(pg_catalog.=) $1::pg_catalog.text
        and class.relname operator(pg_catalog.=) any (array['holds', 'hold_subjects']::pg_catalog.name[])
        and pg_catalog.has_schema_privilege(namespace.oid, 'usage')
        and pg_catalog.has_table_privilege(class.oid, 'select')
        and not pg_catalog.row_security_active(class.oid)`,
      [this.schema.name],
    );
    return answer?.is === true;
  }

  /** True when a hold is in force, or one that is over still names somebody. */
  public async hasWork(queryRunner: QueryRunner): Promise<boolean> {
    const [answer]: { has: boolean }[] = await queryRunner.query(`
      select exists (
        select from ${this.names.holds} as hold
        where ${inForce('hold')} or exists (
          select from ${this.names.subjects} as subject where subject.hold_id operator(pg_catalog.=) hold.id
        )
      ) as has`);
    return answer?.has === true;
  }

  /**
   * The holds, those in force first and the latest first among them.
   *
   * @param wanted the id of one or its beginning, or whether those that are over are of interest
   */
  public async read(
    queryRunner: QueryRunner,
    wanted: { readonly id?: string; readonly ended?: boolean },
  ): Promise<LegalHold[]> {
    return queryRunner.query(
      `
      select hold.id,
             case
               when hold.released_at is null then 'active'
               when ${inForce('hold')} then 'cooling-down'
               else 'ended'
             end as status,
             hold.case_ref as "caseRef", hold.reason, hold.target, hold.user_id as "userId", hold.identifiers,
             hold.application_id as "applicationId", hold.organization_id as "organizationId",
             ${instantSql('hold.created_from')} as "createdFrom", ${instantSql('hold.created_to')} as "createdTo",
             hold.placed_by as "placedBy", ${instantSql('hold.placed_at')} as "placedAt",
             ${instantSql('hold.review_at')} as "reviewAt",
             hold.released_by as "releasedBy", ${instantSql('hold.released_at')} as "releasedAt",
             hold.release_reason as "releaseReason", ${instantSql('hold.effective_release_at')} as "effectiveReleaseAt",
             case when hold.shape is not null then (
               select pg_catalog.jsonb_build_object(
                 'users', pg_catalog.count(distinct value) filter (where kind operator(pg_catalog.=) 'user'),
                 'identifiers', pg_catalog.count(distinct value) filter (where kind operator(pg_catalog.=) 'identifier'),
                 'agentTokens', pg_catalog.count(distinct value) filter (where kind operator(pg_catalog.=) 'agentToken'),
                 'applications', pg_catalog.count(distinct value) filter (where kind operator(pg_catalog.=) 'application'),
                 'organizations', pg_catalog.count(distinct value) filter (where kind operator(pg_catalog.=) 'organization')
               )
               from ${this.names.subjects} as subject
               where subject.hold_id operator(pg_catalog.=) hold.id
             ) end as subjects
      from ${this.names.holds} as hold
      where ($1::pg_catalog.text is null or pg_catalog.starts_with(hold.id::pg_catalog.text, $1::pg_catalog.text))
        and ($2::pg_catalog.bool or ${inForce('hold')})
      order by ${inForce('hold')} desc, hold.placed_at desc, hold.id`,
      [wanted.id ?? null, wanted.ended === true || wanted.id !== undefined],
    );
  }

  /** How the holds stand; null where nobody can tell: no table of them, or a role that may not read it. */
  public async summary(queryRunner: QueryRunner): Promise<HoldsSummary | null> {
    if (!(await this.isReadable(queryRunner))) {
      return null;
    }
    const [summary]: HoldsSummary[] = await queryRunner.query(`
      select pg_catalog.count(*)::integer as "inForce",
             pg_catalog.count(hold.released_at)::integer as "coolingDown",
             pg_catalog.count(*) filter (
               where hold.released_at is null and hold.review_at operator(pg_catalog.<) pg_catalog.now()
             )::integer as "pastReview"
      from ${this.names.holds} as hold
      where ${inForce('hold')}`);
    return summary ?? null;
  }

  /** What a batch pays for the subjects of each kind: how many there are, and how long it takes to read them, in milliseconds. */
  public async lookUpCost(
    queryRunner: QueryRunner,
  ): Promise<readonly { readonly kind: SubjectKind; readonly values: number; readonly durationMs: number }[]> {
    const costs: { kind: SubjectKind; values: number; durationMs: number }[] = [];
    for (const kind of SUBJECT_KINDS) {
      const startedAt = performance.now();
      const [answer]: { values: string }[] = await queryRunner.query(
        `
        select pg_catalog.count(distinct subject.value) as values
        from ${this.names.subjects} as subject
        join ${this.names.holds} as hold on hold.id operator(pg_catalog.=) subject.hold_id
        where subject.kind operator(pg_catalog.=) $1::pg_catalog.text and ${inForce('hold')}`,
        [kind],
      );
      costs.push({ kind, values: Number(answer?.values), durationMs: performance.now() - startedAt });
    }
    return costs.filter(({ values }) => values > 0);
  }

  /** What happened to a hold, the first event first. */
  public async events(queryRunner: QueryRunner, id: string): Promise<HoldEvent[]> {
    return queryRunner.query(
      `
      select event, ${instantSql('at')} as at, actor, reason, database_user as "databaseUser"
      from ${this.schema.table('hold_events')}
      where hold_id operator(pg_catalog.=) $1::pg_catalog.uuid
      order by id`,
      [id],
    );
  }
}

function orNull(id: string | number | undefined): string | null {
  return id === undefined ? null : String(id);
}
