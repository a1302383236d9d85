import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { TotpKeyRotationReport, TotpKeyRotationRequest } from '../../src/index.js';
import { openFernet } from '../../src/totp-key-rotation/fernet/fernet.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { type RecordedRun, recordedRuns } from '../support/recorded-runs.js';
import { useTestDatabase } from '../support/test-database.js';
import { secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers, storedSecrets } from '../support/totp-users.js';
import { KillableRunner } from './killable-runner.js';
import { hasPythonFernet, PythonFernet } from './python-fernet.js';
import { countOf, SEED } from './random-choices.js';
import { type KilledRotation, type SecretCounts, violationsOf } from './rotation-violations.js';

const USERS = 3_000;
/** Every so many, a user's secret is plain. */
const PLAIN = 10;
const [NEW, OLD] = [FernetKey.generate(), FernetKey.generate()];
const KEYS = [NEW, OLD];
const [newKey, oldKey] = [FernetKey.parse(NEW), FernetKey.parse(OLD)];
/** Small batches, so that a kill meets one of many. */
const OPTIONS = {
  totp: { keys: KEYS, encryptPlaintext: true },
  cleanup: { targetBatchMs: 2 },
  schedule: { cleanup: false, agentHeartbeat: false, totpKeyRotation: false },
} as const;
const thousandths = (min: number, max: number) => fc.integer({ min, max }).map((share) => share / 1_000);
const upTo = (max: number) => fc.integer({ min: 0, max });
const mode = fc.constantFrom('rolling' as const, 'atomic' as const);
/** With a trigger of others each batch is locked and read back. */
const isActedOn = fc.boolean();
/**
 * Before its claim or in it; in any batch, at the end of the transaction that is all of an atomic one, or in the read-back; and while its end
 * is recorded: after a share of twice the secrets is told to be gone through, and so long.
 */
const MOMENTS = fc.sample(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ mode, isActedOn, share: fc.constant(0), thenMs: upTo(60) }) },
    { weight: 4, arbitrary: fc.record({ mode, isActedOn, share: thousandths(1, 500), thenMs: upTo(8) }) },
    { weight: 1, arbitrary: fc.record({ mode, isActedOn, share: thousandths(501, 999), thenMs: upTo(8) }) },
    { weight: 2, arbitrary: fc.record({ mode, isActedOn, share: fc.constant(0.5), thenMs: upTo(10) }) },
    { weight: 1, arbitrary: fc.record({ mode, isActedOn, share: fc.constant(1), thenMs: upTo(30) }) },
  ),
  { seed: SEED, unbiased: true, numRuns: countOf({ sample: 8, full: 200 }) },
);
const KILLS_TIMEOUT_MS = 1_500_000;

type Runner = KillableRunner<TotpKeyRotationRequest, TotpKeyRotationReport>;

describe('a rotation of TOTP keys that is killed at any moment', () => {
  const spare: Runner[] = [];
  const python = hasPythonFernet() ? new PythonFernet() : undefined;
  // Before the database goes, which is dropped by the next hook.
  afterAll(() => {
    spare.forEach((runner) => runner.kill());
    python?.end();
  });
  const database = useTestDatabase();
  const tally = { beforeClaim: 0, midRun: 0, afterEnd: 0, halfDone: 0, undone: 0, finishes: 0 };
  const users = Array.from({ length: USERS }, (_, index) => {
    const secret = secretOf(index);
    return {
      id: String(index + 1),
      kind: 'old' as const,
      secret,
      stored: index % PLAIN === 0 ? secret : tokenOf(OLD, secret),
    };
  });

  beforeAll(() => database.query(`create function host() returns trigger language plpgsql as 'begin return new; end'`));

  /** How many secrets stand under which key, each of them the user's own; what is none is lost. In Python too, where that has Fernet. */
  const count = async (): Promise<SecretCounts> => {
    const stored = await storedSecrets(database);
    const found = users.map(({ id, secret }) => stateOf(stored.get(id) ?? '', secret));
    const tokens = users.filter((_, index) => found[index] !== 'plain').map(({ id }) => stored.get(id) ?? '');
    const inPython = await python?.open(KEYS, tokens);
    const secrets = users.filter((_, index) => found[index] !== 'plain').map(({ secret }) => secret);
    const of = (state: (typeof found)[number]): number => found.filter((one) => one === state).length;
    return {
      old: of('old'),
      plain: of('plain'),
      lost: of('lost'),
      lostInPython: inPython?.filter((secret, index) => secret !== secrets[index]).length ?? 0,
    };
  };

  /** The next runner, booted while the one before it is at work. */
  const nextRunner = async (): Promise<Runner> => {
    while (spare.length < 2) {
      spare.push(new KillableRunner(database, 'rotateTotpKeys', OPTIONS));
    }
    const runner = spare.shift() as Runner;
    await runner.ready();
    return runner;
  };

  const attach = async (isToBe: boolean): Promise<void> => {
    await database.query('drop trigger if exists host on users');
    if (isToBe) {
      await database.query('create trigger host before update on users for each row execute function host()');
    }
  };

  /** Has the next runner rotate, kills it, and answers what became of it, having held it to what must be. */
  const kill = async (
    place: number,
    before: SecretCounts,
    moment: (typeof MOMENTS)[number],
  ): Promise<KilledRotation> => {
    const { mode: how, isActedOn: isToBe, share, thenMs } = moment;
    const runner = await nextRunner();
    await attach(isToBe);
    await runner.runAndDie({ mode: how }, { told: Math.floor(2 * USERS * share), thenMs });
    const after = await count();
    const runs = await recordedRuns(database);
    const own = runs.find(({ owner }) => owner.includes(`:${runner.pid}:`));
    const killed = { mode: how, before, after, own, toldWritten: runner.toldWritten };
    const facts = { SEED, place, ...moment, before, after, status: own?.status, error: own?.error };
    expect({ ...facts, violations: violationsOf(killed) }).toEqual({ ...facts, violations: [] });
    // Whoever claimed since has taken those before for lost.
    expect(runs.filter(({ status }) => status === 'running').length).toBeLessThanOrEqual(1);
    await database.query(
      `update tenxyte_maintenance.runs set lease_expires_at = now() - interval '1 second' where status = 'running'`,
    );
    return killed;
  };

  /** Rotates all that is left. */
  const finish = async (): Promise<void> => {
    const runner = await nextRunner();
    await runner.run({});
    await runner.die();
    tally.finishes += 1;
    expect(runner.report).toMatchObject({ status: 'succeeded', total: USERS, safeToRetirePreviousKeys: true });
    expect(await count()).toEqual({ old: 0, plain: 0, lost: 0, lostInPython: 0 });
  };

  it(
    'leaves every secret readable with the keys of the list, all or none of them changed when it is atomic, and the next one goes on',
    async () => {
      await insertUsers(database, users);
      let before = await count();
      for (const [place, moment] of MOMENTS.entries()) {
        if (before.old + before.plain < USERS / 4) {
          await insertUsers(database, users);
          before = await count();
        }
        const { own, after } = await kill(place, before, moment);
        tally[outcomeOf(own)] += 1;
        const left = after.old + after.plain;
        tally.halfDone += left > 0 && left < before.old + before.plain ? 1 : 0;
        before = after;
        tally.undone += moment.mode === 'atomic' && own?.status === 'running' && left > 0 ? 1 : 0;
      }
      await finish();
      const statuses = (await recordedRuns(database)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 'lost')).toHaveLength(tally.midRun);
      expect(statuses.filter((status) => status === 'succeeded')).toHaveLength(tally.afterEnd + tally.finishes);
      process.stderr.write(
        `${MOMENTS.length} rotations were killed${python === undefined ? '' : ', and read in Python'}: ${JSON.stringify(tally)}\n`,
      );
    },
    KILLS_TIMEOUT_MS,
  );
});

function stateOf(stored: string, secret: string): 'new' | 'old' | 'plain' | 'lost' {
  if (stored === secret) {
    return 'plain';
  }
  if (openFernet(newKey, stored)?.plaintext.toString() === secret) {
    return 'new';
  }
  return openFernet(oldKey, stored)?.plaintext.toString() === secret ? 'old' : 'lost';
}

function outcomeOf(own: RecordedRun | undefined): 'beforeClaim' | 'midRun' | 'afterEnd' {
  if (own === undefined) {
    return 'beforeClaim';
  }
  return own.status === 'running' ? 'midRun' : 'afterEnd';
}
