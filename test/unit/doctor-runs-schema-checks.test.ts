import { describe, expect, it } from '@jest/globals';
import { RUNS_SCHEMA_VERSION } from '../../src/tasks/runs/runs-schema-steps.js';
import { runsSchemaChecks } from '../../src/doctor/runs-schema-checks.js';

describe('the doctor on the schema of the runs', () => {
  const state = { serverVersion: 180_000, role: 'app', database: 'app', exists: true, version: 0, isUsable: true };
  const facts = { state, schema: 'runs', sqlSchema: '"runs"', sqlRole: '"app"' };

  it('says nothing where there is none', () => {
    expect(runsSchemaChecks(facts, '')).toEqual([]);
  });

  it('asks to migrate an older one, and to update below a newer one', () => {
    const older = { ...facts, state: { ...state, version: RUNS_SCHEMA_VERSION / 2 } };
    const newer = { ...facts, state: { ...state, version: 999 } };
    expect(runsSchemaChecks(older, '')).toMatchObject([
      { level: 'problem', whatToDo: expect.stringContaining('migrate') },
    ]);
    expect(runsSchemaChecks(newer, '')).toMatchObject([{ level: 'advice', message: expect.stringContaining('999') }]);
  });
});
