import { afterEach, describe, expect, it } from '@jest/globals';
import { isExpressible, notHeld } from '../../src/holds/hold-predicate.js';
import { isId, parseShape } from '../../src/holds/hold-dimensions.js';
import { sqlText } from '../../src/database/sql-statement.js';
import { useTestDatabase } from '../support/test-database.js';

const UUID = 'e3b0c442-98fc-4c14-9afb-f4c8996fb924';
const database = useTestDatabase();
const TABLES = { holds: 'holds_there', subjects: 'subjects_there' };

afterEach(async () => {
  await database.query('drop table if exists rows_there, holds_there, subjects_there');
});

describe.each([
  ['smallint', '5', '6', 'user'],
  ['integer', '5', '6', 'user'],
  ['bigint', '5', '6', 'user'],
  ['numeric', '5', '6', 'user'],
  ['character varying', '5', '6', 'user'],
  ['character varying', 'A-5', 'a-5', 'user:text'],
  ['text', UUID, UUID.toUpperCase(), 'user:uuid'],
  ['uuid', UUID, UUID.replace('e', 'f'), 'user:uuid'],
])('ids of users in a column of type %s', (type, held, other, shape) => {
  const column = { kind: 'user', sqlColumn: '"owner"', type } as const;
  const columns = { subjects: [column], created: [], unknown: new Set<never>() };

  const prepare = async (): Promise<void> => {
    await database.query(`
      create table rows_there (owner ${type});
      insert into rows_there values ('${held}'), ('${other}'), (null);
      create table holds_there (id int, user_id text, target text, shape text, effective_release_at timestamptz);
      insert into holds_there values (1, '${held}', null, '${shape}', null);
      create table subjects_there (hold_id int, dimension text, kind text, value text, target text, shape text);
      insert into subjects_there values (1, 'user', 'user', '${held}', null, '${shape}')`);
  };

  it('are told from one another by a hold', async () => {
    await prepare();
    expect(isExpressible(parseShape(shape), columns, {})).toBe(true);
    const { condition } = notHeld(TABLES, 'rows', columns, [parseShape(shape)]);
    const left = await database.query<{ owner: string | null }>(
      `select owner::text as owner from rows_there where ${sqlText(condition)} order by 1`,
    );
    expect(left.map(({ owner }) => owner)).toEqual([other, null]);
  });

  it('are found by what a hold names', async () => {
    await prepare();
    const rows = await database.query<{ owner: string }>(
      `select owner::text as owner from rows_there where ${isId('owner', type, `'${held}'::text`)}`,
    );
    expect(rows.map(({ owner }) => owner)).toEqual([held]);
  });
});

describe('ids of another format than those of a column', () => {
  it.each([
    ['bigint', 'user:uuid'],
    ['integer', 'user:text'],
    ['uuid', 'user'],
  ])('of type %s cannot be told by it: %s', (type, shape) => {
    const column = { kind: 'user', sqlColumn: '"owner"', type } as const;
    expect(isExpressible(parseShape(shape), { subjects: [column], created: [], unknown: new Set() }, {})).toBe(false);
  });
});
