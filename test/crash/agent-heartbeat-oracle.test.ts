import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { useAgentHeartbeats } from '../support/agent-heartbeats.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { countOf, SEED } from './random-choices.js';

const NOW = '2026-03-29T02:30:00.123456Z';

/** A random token; times are text, or microseconds before the run. */
interface RandomToken {
  readonly status: string;
  readonly every: number | null;
  readonly heartbeat: string | null;
  readonly created: string;
  readonly expires: string;
}

const INTERVALS = [null, -60, 0, 1, 60, 86_400, 2_147_483_647];
const MICROSECOND_OFFSETS = [-1_000_000, -1, 0, 1, 1_000_000];

/** Times around every place where something may tip over: the run itself and the run less each interval. */
const time = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.tuple(fc.constantFrom(0, 1, 60, 86_400), fc.constantFrom(...MICROSECOND_OFFSETS)).map(around),
  },
  { weight: 1, arbitrary: fc.constantFrom('infinity', '-infinity', '9999-12-31T00:00:00Z', '1900-01-01T00:00:00Z') },
);
const token: fc.Arbitrary<RandomToken> = fc.record({
  status: fc.oneof(
    { weight: 4, arbitrary: fc.constant('ACTIVE') },
    { weight: 1, arbitrary: fc.constantFrom('SUSPENDED', 'REVOKED', 'EXPIRED', 'active') },
  ),
  every: fc.constantFrom(...INTERVALS),
  heartbeat: fc.option(time),
  created: time,
  expires: time,
});

/** What must become of a token, written from the specification and not from the code. */
const SHOULD_EXPIRE = `($2::boolean and status = 'ACTIVE' and expires_at < $1::timestamptz)`;
const LAST = `case when last_heartbeat_at is null then created_at else last_heartbeat_at end`;
const SHOULD_SUSPEND = `(not ${SHOULD_EXPIRE} and status = 'ACTIVE' and heartbeat_required_every is not null and heartbeat_required_every > 0
  and case when isfinite(${LAST})
        then extract(epoch from $1::timestamptz - (${LAST})) > heartbeat_required_every
        else (${LAST}) = '-infinity'
      end)`;
const OUTCOME = `to_jsonb(agent_tokens) || case
  when ${SHOULD_EXPIRE} then jsonb_build_object('status', 'EXPIRED')
  when ${SHOULD_SUSPEND} then jsonb_build_object('status', 'SUSPENDED', 'suspended_at', $1::timestamptz, 'suspended_reason', 'HEARTBEAT_MISSING')
  else '{}' end`;

describe('the agent heartbeat monitor against an independent oracle', () => {
  const database = useTestDatabase();
  const heartbeats = useAgentHeartbeats(database);

  beforeAll(async () => {
    await insertReferences(database);
    // A host's own table may lack Tenxyte's check, and so have negative numbers.
    await database.query('alter table agent_tokens drop constraint agent_tokens_heartbeat_required_every_check');
  });

  const fill = async (tokens: readonly RandomToken[]): Promise<void> => {
    await database.query('delete from agent_tokens');
    await database.query(
      `insert into agent_tokens (token, agent_id, status, expires_at, max_requests_per_minute, max_requests_total, current_request_count,
         max_failed_requests, current_failed_count, heartbeat_required_every, last_heartbeat_at, current_spend_usd, created_at,
         application_id, triggered_by_id)
       select 'token-' || n, 'agent-' || n, status, expires, 1, 1, 0, 1, 0, every, heartbeat, 0, created, 1, 1
       from rows from (jsonb_to_recordset($1) as (status text, every int, heartbeat timestamptz, created timestamptz, expires timestamptz))
            with ordinality as given (status, every, heartbeat, created, expires, n)`,
      [JSON.stringify(tokens)],
    );
  };
  const count = async (condition: string, expireTokens: boolean): Promise<number> => {
    const [answer] = await database.query<{ count: number }>(
      `select count(*)::int as count from agent_tokens where $1::timestamptz is not null and $2::boolean is not null and ${condition}`,
      [NOW, expireTokens],
    );
    return answer?.count ?? -1;
  };

  it('suspends and expires exactly the tokens of the oracle, changes nothing else, and the dry run says the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(token, { maxLength: 40 }), fc.boolean(), async (tokens, expireTokens) => {
        await fill(tokens);
        const expected = await database.query(`select ${OUTCOME} as row from agent_tokens order by id`, [
          NOW,
          expireTokens,
        ]);
        const suspended = await count(SHOULD_SUSPEND, expireTokens);
        const expired = await count(SHOULD_EXPIRE, expireTokens);
        const monitored = await count(
          `status = 'ACTIVE' and heartbeat_required_every > 0 and not ${SHOULD_EXPIRE}`,
          expireTokens,
        );
        const plan = { runAt: NOW, settings: { expireTokens } };
        const counted = await heartbeats.check({ ...plan, isDryRun: true });
        const done = await heartbeats.check(plan);
        expect(done).toMatchObject({ status: 'succeeded', monitored, suspended, expired });
        expect(counted).toEqual(done);
        expect(await database.query('select to_jsonb(agent_tokens) as row from agent_tokens order by id')).toEqual(
          expected,
        );
      }),
      { seed: SEED, numRuns: countOf({ sample: 100, full: 1_000 }) },
    );
  });
});

function around([seconds, microseconds]: readonly [number, number]): string {
  const total =
    BigInt(Date.parse('2026-03-29T02:30:00Z')) * 1000n + 123_456n - BigInt(seconds) * 1_000_000n + BigInt(microseconds);
  const iso = new Date(Number(total / 1_000_000n) * 1000).toISOString();
  return iso.replace('.000Z', `.${String(total % 1_000_000n).padStart(6, '0')}Z`);
}
