import { report } from '../comparison.js';
import { againstPlainDelete, longestBatchMs } from './against-plain-delete.js';
import { whereTheServerCompiles } from './where-the-server-compiles.js';

const ROWS = 1_000_000;

/**
 * A million refresh tokens, half of them due, which two tables of the host refer to: an empty one that checks at the end of the
 * transaction, and one with as many rows, each of a live token, and an index, that checks at once.
 */
export const keys = whereTheServerCompiles(async (context) => {
  const samples = await againstPlainDelete(
    context,
    [{ table: 'refresh_tokens', rows: ROWS, dueFraction: 0.5 }],
    `
    create table pairings (refresh_token_id bigint references refresh_tokens deferrable initially deferred);
    create table devices (refresh_token_id bigint);
    insert into devices
    select live.id
    from (select id from refresh_tokens where expires_at > now()) as live, generate_series(1, 2);
    create index on devices (refresh_token_id);
    alter table devices add foreign key (refresh_token_id) references refresh_tokens;
    analyze devices`,
  );
  return report({
    name: 'refresh_tokens of 1 M rows, half due, with two keys of other tables, JIT on: against one plain DELETE',
    unit: 'ms',
    baseline: samples.plain,
    measured: samples.cleanup,
    limit: 1.3,
    notes: [`longest batch ${longestBatchMs(samples.reports)} ms`],
  });
});
