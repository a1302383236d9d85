import { allowRuns } from '../support/maintenance-schema.js';
import type { TestDatabase } from '../support/test-database.js';
import { WORKED_ON } from './work.js';

/** A notice of the server's in the answer to a claim that was granted, before it is committed. */
export const CLAIM_WRITTEN = 'the claim is written';

/**
 * Has the database itself note what is written by whom, in a table that the module knows nothing of: whenever a run begins and ends, an
 * agent is suspended and a row is deleted, in one order, with the name of the application that did it.
 */
export async function keepJournal(server: Pick<TestDatabase, 'query'>): Promise<void> {
  await allowRuns(server, 'current_user');
  await server.query(`
    create table journal (
      n bigserial primary key,
      kind text not null,
      task text not null,
      run uuid,
      slot timestamptz,
      subject text,
      application text not null default current_setting('application_name'),
      at timestamptz not null default clock_timestamp()
    )`);
  await server.query('create index on journal (task, kind, n)');
  await server.query(`
    create function note_run() returns trigger language plpgsql as $$
    begin
      if tg_op = 'INSERT' and new.status = 'running' then
        insert into journal (kind, task, run, slot) values ('began', new.task, new.id, new.slot);
        raise notice '${CLAIM_WRITTEN}';
      elsif tg_op = 'UPDATE' and old.status = 'running' then
        insert into journal (kind, task, run, slot) values ('ended', new.task, new.id, new.slot);
      end if;
      return null;
    end $$`);
  await server.query(`
    create trigger note_run after insert or update of status on tenxyte_maintenance.runs
    for each row execute function note_run()`);
  await server.query(`
    create function note_writing() returns trigger language plpgsql as $$
    begin
      insert into journal (kind, task, subject) values ('wrote', tg_argv[0], tg_table_name || ' ' || old.id);
      return null;
    end $$`);
  await server.query(`
    create trigger note_writing after update of status on agent_tokens
    for each row execute function note_writing('agent-heartbeat')`);
  for (const table of WORKED_ON) {
    await server.query(`
      create trigger note_writing after delete on ${table} for each row execute function note_writing('cleanup')`);
  }
}

/** Slots of which more than one run began. */
export async function slotsBegunTwice(server: Pick<TestDatabase, 'query'>): Promise<unknown[]> {
  return server.query(`
    select task, slot, count(*)::int as runs
    from journal
    where kind = 'began'
      and slot is not null
    group by task, slot
    having count(*) > 1`);
}

/** Moments at which more than one run of a task went on. */
export async function overlappingRuns(server: Pick<TestDatabase, 'query'>): Promise<unknown[]> {
  return server.query(`
    select *
    from (
      select *, sum(case kind when 'began' then 1 else -1 end) over (partition by task order by n)::int as running
      from journal
      where kind in ('began', 'ended')
    ) as moments
    where running not in (0, 1)`);
}

/**
 * What was written by a process whose run was not the latest of its task, or had ended; and what was committed only after the next run was
 * granted, however early it was written.
 */
export async function writingsOutsideOwnRun(server: Pick<TestDatabase, 'query'>): Promise<unknown[]> {
  return server.query(`
    select wrote.n::int, wrote.task, wrote.subject, wrote.application, began.application as "grantedTo", began.run
    from journal as wrote
    left join lateral (
      select *
      from journal
      where task = wrote.task and kind = 'began' and n < wrote.n
      order by n desc
      limit 1
    ) as began on true
    left join lateral (
      select *, xmin
      from journal
      where task = wrote.task and kind = 'began' and n > wrote.n
      order by n
      limit 1
    ) as next on true
    where wrote.kind = 'wrote'
      and (
        began.application is distinct from wrote.application
        or exists (select from journal as ended where kind = 'ended' and run = began.run and n < wrote.n)
        or pg_xact_commit_timestamp(next.xmin) <= pg_xact_commit_timestamp(wrote.xmin)
      )
    order by wrote.n`);
}

/** Rows that were deleted, and agents that were suspended, more than once. */
export async function writtenTwice(server: Pick<TestDatabase, 'query'>): Promise<unknown[]> {
  return server.query(`
    select subject, count(*)::int as times, array_agg(application) as applications
    from journal
    where kind = 'wrote'
    group by subject
    having count(*) > 1`);
}

/** How much was written, for the summary. */
export async function writings(server: Pick<TestDatabase, 'query'>): Promise<number> {
  const [row] = await server.query<{ count: number }>(`select count(*)::int from journal where kind = 'wrote'`);
  return row?.count ?? 0;
}
