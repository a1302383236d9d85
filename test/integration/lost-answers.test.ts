import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RunsTable } from '../../src/tasks/runs/runs-table.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { FakeRunTime } from '../support/run-time.js';
import { useTestDatabase } from '../support/test-database.js';

const CUT = new Error('Connection terminated unexpectedly');
const AWAY = new Error('connect ECONNREFUSED');

describe('an answer of the record of runs that is lost', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;
  let time: FakeRunTime;
  let warnings: string[];

  beforeEach(async () => {
    time = new FakeRunTime();
    warnings = [];
    const warn = (message: string): void => void warnings.push(message);
    app = await maintenanceApp(database.url, {
      logger: { log: () => undefined, warn, error: warn },
      configure: time.provide,
    });
    await database.query('truncate tenxyte_maintenance.runs');
  });
  afterEach(() => app.close());

  /** The statement is carried out, and the connection cut before it is answered; so many more find no server. */
  const loseAnswer = (method: 'claim' | 'finish', refusals = 0): void => {
    const table = app.moduleRef.get(RunsTable);
    const real = table[method].bind(table) as (...values: unknown[]) => Promise<unknown>;
    let calls = 0;
    Object.assign(table, {
      [method]: async (...values: unknown[]) => {
        calls += 1;
        if (calls > 1 && calls <= 1 + refusals) {
          throw AWAY;
        }
        const answer = await real(...values);
        if (calls === 1) {
          throw CUT;
        }
        return answer;
      },
    });
  };

  it('is asked for again by a run by hand, which goes on under the claim that it was granted', async () => {
    loseAnswer('claim', 2);
    expect(await app.maintenance.cleanup()).toMatchObject({ status: 'succeeded' });
    expect(await recordedRuns(database)).toMatchObject([{ status: 'succeeded' }]);
    expect(time.pauses).toEqual([250, 500, 1_000]);
  });

  it('leaves a run by hand in doubt when nobody answers any more', async () => {
    loseAnswer('claim', Infinity);
    await expect(app.maintenance.cleanup()).rejects.toMatchObject({
      code: 'CLAIM_UNCERTAIN',
      message: expect.stringMatching(
        /^cleanup was not started: the answer to the claim of run [-0-9a-f]{36} was lost .*, in 60 s at most$/,
      ),
    });
    expect(await recordedRuns(database)).toMatchObject([{ status: 'running' }]);
    expect(time.pauses).toEqual([250, 500, 1_000, 2_000, 4_000]);
  });

  it('is not waited for where none can have been lost', async () => {
    Object.assign(app.moduleRef.get(RunsTable), { claim: async () => Promise.reject(AWAY) });
    await expect(app.maintenance.cleanup()).rejects.toBe(AWAY);
    expect(time.pauses).toEqual([]);
  });

  it('does not make a run that ended look like one that outlived its lease', async () => {
    loseAnswer('finish');
    expect(await app.maintenance.cleanup()).toMatchObject({ status: 'succeeded' });
    expect(warnings.filter((line) => line.includes('lease'))).toEqual([]);
    expect(await recordedRuns(database)).toMatchObject([{ status: 'succeeded' }]);
  });
});
