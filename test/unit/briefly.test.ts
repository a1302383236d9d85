import { describe, expect, it } from '@jest/globals';
import type { QueryRunner } from 'typeorm';
import { BRIEF_READING, briefly } from '../../src/database/brief-statement.js';

describe('a brief statement', () => {
  it('is not sent without a parameter that it names, which would be read as null', async () => {
    const sent: unknown[] = [];
    const queryRunner = { connect: async () => ({ query: async (sql: unknown) => sent.push(sql) }) };
    const call = briefly(queryRunner as unknown as QueryRunner, BRIEF_READING, 'select $1, $2', ['one']);
    await expect(call).rejects.toThrow('a parameter of the statement is missing');
    expect(sent).toEqual([]);
  });
});
