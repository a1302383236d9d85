import { describe, expect, it } from '@jest/globals';
import type { DataSource, QueryRunner } from 'typeorm';
import { resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';
import type { RunsSchema } from '../../src/tasks/runs/runs-schema.js';
import { RunsTable } from '../../src/tasks/runs/runs-table.js';

describe('a claim of a run', () => {
  it('is given up when it neither finds a place nor sees a rival, time after time', async () => {
    const statements: string[] = [];
    const query = async (sql: string): Promise<{ rows: object[] }[]> => {
      statements.push(sql);
      const refused = { isGranted: false, isEarly: false, pause: null, at: '2026-03-01T03:00:00.000000Z', life: '' };
      return [{ rows: [] }, { rows: sql.includes('insert into') ? [refused] : [] }, { rows: [] }];
    };
    const schema = { table: (name: string) => name } as RunsSchema;
    const table = new RunsTable(resolveMaintenanceOptions({}).coordination, {} as DataSource, schema, []);
    const claim = { runId: 'run-1', task: 'cleanup', slot: null, trigger: 'manual', owner: 'pod-7:1:ab' } as const;
    await expect(
      table.claim(claim, { query, connect: async () => ({ query }) } as unknown as QueryRunner),
    ).rejects.toMatchObject({
      code: 'CLAIM_CONTENDED',
      message: 'cleanup could not be claimed in 5 attempts, as other runs of it came and went meanwhile: try again',
    });
    expect(statements.filter((sql) => sql.includes('insert into'))).toHaveLength(5);
  });
});
