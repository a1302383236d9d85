import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CleanupReport, CleanupRequest } from '../../src/index.js';
import { type RecordedRun, recordedRuns } from '../support/recorded-runs.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { KillableRunner } from './killable-runner.js';
import { type Snapshot, violationsOf } from './kill-violations.js';
import { countOf, SEED } from './random-choices.js';

const ROWS = 15_000;
const REQUEST = { only: ['refresh_tokens'] } as const;
/** Small batches, so that a kill meets one of many. */
const OPTIONS = { cleanup: { targetBatchMs: 2 }, schedule: { cleanup: false, agentHeartbeat: false } } as const;
const thousandths = (min: number) => fc.integer({ min, max: 1_000 }).map((share) => share / 1_000);
const upTo = (max: number) => fc.integer({ min: 0, max });
/** Before its claim or in it, in any batch, and while its end is recorded: after a share of the rows is told to be gone, and so long. */
const MOMENTS = fc.sample(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ share: fc.constant(0), thenMs: upTo(60) }) },
    { weight: 7, arbitrary: fc.record({ share: thousandths(1), thenMs: upTo(8) }) },
    { weight: 1, arbitrary: fc.record({ share: fc.constant(1), thenMs: upTo(30) }) },
  ),
  { seed: SEED, unbiased: true, numRuns: countOf({ sample: 6, full: 200 }) },
);
type Runner = KillableRunner<CleanupRequest, CleanupReport>;
const KILLS_TIMEOUT_MS = 900_000;

describe('a cleanup that is killed at any moment', () => {
  const spare: Runner[] = [];
  // Before the database goes, which is dropped by the next hook.
  afterAll(() => spare.forEach((runner) => runner.kill()));
  const database = useTestDatabase();
  const newRunner = (): Runner => new KillableRunner(database, 'cleanup', OPTIONS);
  let liveBefore = '';
  const tally = { beforeClaim: 0, midRun: 0, afterEnd: 0, finishes: 0, known: 0, gone: 0 };

  beforeAll(async () => {
    await insertReferences(database);
    await database.query('create table seeded (id bigint primary key, page bigint not null)');
  });

  /** Four of five rows are due, in random places. */
  const fill = async (): Promise<void> => {
    await database.query('truncate refresh_tokens, seeded');
    await database.query(
      `insert into refresh_tokens (token, device_info, is_revoked, expires_at, created_at, last_used_at, application_id, user_id)
       select n::text, repeat('x', 200), false, case when hashint4($1 + n) % 5 = 0 then 'infinity' else '2001-01-01' end::timestamptz,
         now(), now(), 1, 1
       from generate_series(1, $2) as n`,
      [SEED % 1_000_000, ROWS],
    );
    await database.query(
      `insert into seeded select id, (ctid::text::point)[0]::bigint from refresh_tokens where expires_at < now()`,
    );
    await database.query('vacuum (analyze) refresh_tokens');
    liveBefore = (await snapshot()).live;
  };

  const snapshot = async (): Promise<Snapshot> => {
    const [row] = await database.query<Snapshot>(
      `select sum(seeded - stored)::int as gone,
              sum(stored)::int as left,
              count(*) filter (where stored > 0 and stored < seeded)::int as "tornPages",
              (select count(*) || ' ' || md5(string_agg(token::text, ',' order by token.id))
               from refresh_tokens as token where expires_at > now()) as live
       from (
         select page, count(*) as seeded, count(token.id) as stored
         from seeded left join refresh_tokens as token using (id)
         group by page
       ) as pages`,
    );
    return row ?? { gone: 0, left: 0, tornPages: 0, live: '' };
  };

  /** The next runner, booted while the one before it is at work. */
  const nextRunner = async (): Promise<Runner> => {
    spare.push(newRunner(), ...(spare.length === 0 ? [newRunner()] : []));
    const [runner] = spare;
    await runner?.ready();
    spare.shift();
    return runner ?? newRunner();
  };

  const expireLeases = () =>
    database.query(
      `update tenxyte_maintenance.runs set lease_expires_at = now() - interval '1 second' where status = 'running'`,
    );

  /** Has the next runner clean, kills it, and answers its record and how many rows went, having held it to what must be. */
  const kill = async (
    place: number,
    { share, thenMs }: (typeof MOMENTS)[number],
  ): Promise<{ own: RecordedRun | undefined; gone: number; known: number }> => {
    const before = await snapshot();
    const runner = await nextRunner();
    await runner.runAndDie(REQUEST, { told: Math.floor(before.left * share), thenMs });
    const after = await snapshot();
    const runs = await recordedRuns(database);
    const own = runs.find(({ owner }) => owner.includes(`:${runner.pid}:`));
    const { told: toldRows } = runner;
    const facts = { SEED, place, share, thenMs, before, after, toldRows, record: own };
    expect({ ...facts, violations: violationsOf({ before, after, own, toldRows }) }).toEqual({
      ...facts,
      violations: [],
    });
    // Whoever claimed since has taken those before for lost.
    const running = runs.filter(({ status }) => status === 'running');
    expect({ ...facts, running: running.length <= 1 }).toEqual({ ...facts, running: true });
    await expireLeases();
    return { own, gone: after.gone - before.gone, known: own?.report?.rows ?? toldRows };
  };

  /** Cleans all that is left. */
  const finish = async (): Promise<void> => {
    const { left } = await snapshot();
    const runner = await nextRunner();
    await runner.run(REQUEST);
    await runner.die();
    tally.finishes += 1;
    expect(runner.report).toMatchObject({ status: 'succeeded', rows: left, targets: [{ strategy: 'heap-walk' }] });
    expect(await snapshot()).toMatchObject({ left: 0, live: liveBefore });
  };

  it(
    'has deleted whole batches of due rows and nothing else, at least what it told, and the next one goes on',
    async () => {
      await fill();
      await finish();
      for (const [place, chosen] of MOMENTS.entries()) {
        if ((await snapshot()).left < ROWS / 4) {
          await fill();
        }
        const { own, gone, known } = await kill(place, chosen);
        tally[outcomeOf(own)] += 1;
        tally.gone += gone;
        tally.known += known;
      }
      expect(tally.known).toBeLessThanOrEqual(tally.gone);
      await finish();
      const statuses = (await recordedRuns(database)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 'lost')).toHaveLength(tally.midRun);
      expect(statuses.filter((status) => status === 'succeeded')).toHaveLength(tally.afterEnd + tally.finishes);
      expect(statuses).toHaveLength(tally.midRun + tally.afterEnd + tally.finishes);
      process.stderr.write(`${MOMENTS.length} runs were killed: ${JSON.stringify(tally)}\n`);
    },
    KILLS_TIMEOUT_MS,
  );
});

function outcomeOf(own: RecordedRun | undefined): 'beforeClaim' | 'midRun' | 'afterEnd' {
  if (own === undefined) {
    return 'beforeClaim';
  }
  return own.status === 'running' ? 'midRun' : 'afterEnd';
}
