import { beforeEach, describe, expect, it } from '@jest/globals';
import type { QueryRunner } from 'typeorm';
import { sqlText } from '../../src/database/sql-statement.js';
import type { Heap } from '../../src/database/stored-table.js';
import { AgeIndexWalk } from '../../src/batches/age-index-walk.js';

const below = (age: string): string => `"created_at" operator(pg_catalog.<) '${age}'::pg_catalog.timestamptz`;
const from = (age: string): string => `"created_at" operator(pg_catalog.>=) '${age}'::pg_catalog.timestamptz`;

describe('the walk along an index on the age', () => {
  let asked: { sql: string; parameters: unknown[] }[];
  let ages: string[];

  beforeEach(() => {
    [asked, ages] = [[], []];
  });

  const queryRunner = {
    query: async (sql: string, parameters: unknown[]) => {
      asked.push({ sql: sql.replaceAll(/\s+/gu, ' ').trim(), parameters });
      const age = ages.shift();
      return age === undefined ? [] : [{ age }];
    },
  } as unknown as QueryRunner;
  const newWalk = (estimatedRows = 100): AgeIndexWalk =>
    new AgeIndexWalk({
      heap: { sqlName: '"audit_logs"' } as Heap,
      sqlColumn: '"created_at"',
      due: () => 'is_due',
      estimatedRows,
    });
  const slice = async (walk: AgeIndexWalk, size = 10): Promise<string | undefined> => {
    const fragment = await walk.nextSlice(queryRunner, size);
    return fragment && sqlText(fragment);
  };

  it('takes one range of ages after another, and the rest at the end', async () => {
    const walk = newWalk();
    ages = ['2020-01-01', '2020-02-01'];
    expect(await slice(walk)).toBe(below('2020-01-01'));
    walk.advance(10);
    expect(await slice(walk)).toBe(`${from('2020-01-01')} and ${below('2020-02-01')}`);
    walk.advance(10);
    expect(await slice(walk)).toBe(from('2020-02-01'));
    walk.advance(3);
    expect(await slice(walk)).toBeUndefined();
    expect(asked.map(({ parameters }) => parameters)).toEqual([['10'], ['2020-01-01', '10'], ['2020-02-01', '10']]);
    expect(asked[1]?.sql).toBe(
      'select "created_at"::pg_catalog.text as age from only "audit_logs" ' +
        'where "created_at" operator(pg_catalog.>=) $1::pg_catalog.timestamptz and is_due ' +
        'order by "created_at" offset $2::pg_catalog.int8 limit 1',
    );
  });

  it('takes all there is at once when it fits', async () => {
    const walk = newWalk();
    expect(await slice(walk)).toBe('true');
    walk.advance(7);
    expect(await slice(walk)).toBeUndefined();
  });

  it('begins a slice anew where it stands, when the last one was not finished', async () => {
    const walk = newWalk();
    ages = ['2020-02-01', '2020-01-01'];
    await slice(walk, 20);
    expect(await slice(walk, 10)).toBe(below('2020-01-01'));
  });

  it('gives up where more rows than fit bear one age', async () => {
    const walk = newWalk();
    ages = ['2020-01-01', '2020-01-01'];
    await slice(walk);
    walk.advance(10);
    await expect(slice(walk)).rejects.toMatchObject({ code: 'TOO_MANY_TIES' });
  });

  it.each([
    [100, 0.1],
    [5, 0.99],
    [0, 0.99],
  ])('tells how far it is, by an estimate of %d rows, and is never done before it is', async (estimated, fraction) => {
    const walk = newWalk(estimated);
    expect(walk.fraction).toBe(0);
    ages = ['2020-01-01'];
    await slice(walk);
    walk.advance(10);
    expect(walk.fraction).toBeCloseTo(fraction);
    await slice(walk);
    walk.advance(0);
    expect(walk.fraction).toBe(1);
  });

  it('has the server read ages as it writes them', () => {
    expect(newWalk().settings).toEqual({ enable_seqscan: 'off', datestyle: 'ISO', timezone: 'UTC' });
    expect(newWalk()).toMatchObject({ strategy: 'age-index', asksServer: true });
  });
});
