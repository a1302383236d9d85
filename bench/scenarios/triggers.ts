import { report } from '../comparison.js';
import { againstPlainDelete, longestBatchMs } from './against-plain-delete.js';
import type { BenchContext } from './scenario.js';
import { whereTheServerCompiles } from './where-the-server-compiles.js';

const TRIGGERS = {
  'an AFTER DELETE trigger that keeps a copy with a name looked up': `
    create table login_archive (like login_attempts, application text);
    create function archive() returns trigger language plpgsql as $$
    begin
      insert into login_archive
      select old.*, name
      from applications
      where id = old.application_id;
      return null;
    end $$;
    create trigger archive after delete on login_attempts for each row execute function archive()`,
  'a BEFORE DELETE trigger that lets it pass': `
    create function pass() returns trigger language plpgsql as $$
    begin
      return old;
    end $$;
    create trigger pass before delete on login_attempts for each row execute function pass()`,
};

/** A million login attempts, half of them due, with a row trigger of the host's, of either kind. */
export const triggers = whereTheServerCompiles(async (context) => {
  let areAllKept = true;
  for (const [name, sql] of Object.entries(TRIGGERS)) {
    const isKept = await withTrigger(context, name, sql);
    areAllKept &&= isKept;
  }
  return areAllKept;
});

async function withTrigger(context: BenchContext, name: string, sql: string): Promise<boolean> {
  const samples = await againstPlainDelete(
    context,
    [{ table: 'login_attempts', rows: 1_000_000, dueFraction: 0.5 }],
    sql,
  );
  return report({
    name: `login_attempts of 1 M rows, half due, with ${name}, JIT on: against one plain DELETE`,
    unit: 'ms',
    baseline: samples.plain,
    measured: samples.cleanup,
    limit: 1.3,
    notes: [`longest batch ${longestBatchMs(samples.reports)} ms`],
  });
}
