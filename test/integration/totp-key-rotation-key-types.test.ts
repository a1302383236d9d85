import { beforeAll, describe, expect, it } from '@jest/globals';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { useLeakWatch } from '../support/leak-watch.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTotpRotations } from '../support/totp-rotation.js';
import { secretOf, tokenOf } from '../support/totp-secrets.js';

/** Three pages. */
const USERS = 2_500;
const [CURRENT, OLD] = [FernetKey.generate(), FernetKey.generate()];
const LIST = [CURRENT, OLD];

/** Types of keys, each with the key of user `n` in SQL. Text in upper and lower case is in another order than where case does not count. */
const MIXED_CASE = `case when n % 2 = 0 then upper(md5(n::text)) else md5(n::text) end`;
const KEYS: Readonly<Record<string, string>> = {
  'char(36)': 'md5(n::text)::uuid::text',
  'varchar(40)': MIXED_CASE,
  text: MIXED_CASE,
  uuid: 'md5(n::text)::uuid',
  'numeric(20, 2)': 'n * 1.25',
  'types.fixed_width': 'md5(n::text)::uuid::text',
  'types.any_case': MIXED_CASE,
  'types.citext': MIXED_CASE,
  'types."E-Mail"': MIXED_CASE,
};

describe('the rotation of TOTP keys of users', () => {
  const database = useTestDatabase();
  const leaks = useLeakWatch();
  const rotations = useTotpRotations(database, leaks);
  const tokens = Array.from({ length: USERS }, (_, index) => tokenOf(OLD, secretOf(index)));

  beforeAll(async () => {
    leaks.guard(...LIST);
    await database.query(`
      create schema types;
      create extension citext schema types;
      create collation types.no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      create domain types.fixed_width as char(36);
      create domain types.any_case as text collate types.no_case;
      create domain types."Address" as types.citext;
      create domain types."E-Mail" as types."Address";
    `);
  });

  it.each(Object.entries(KEYS))('whose key is of the type %s goes through each once', async (type, key) => {
    await database.query('drop schema if exists elsewhere cascade; create schema elsewhere');
    await database.query(`create table elsewhere.users (id ${type} primary key, totp_secret varchar(255))`);
    const fill = async (): Promise<void> => {
      await database.query('truncate elsewhere.users');
      await database.query(
        `insert into elsewhere.users
         select ${key}, token from unnest($1::text[]) with ordinality as given (token, n)`,
        [tokens],
      );
    };
    const url = new URL(database.url);
    url.searchParams.set('options', '-c search_path=elsewhere');

    await fill();
    expect(await rotations.rotateAs(url.href, LIST, { isDryRun: true })).toMatchObject({ rotated: USERS });
    for (const mode of ['atomic', 'rolling'] as const) {
      await fill();
      const result = await rotations.rotateAs(url.href, LIST, { mode });
      expect(result).toMatchObject({ status: 'succeeded', rotated: USERS, safeToRetirePreviousKeys: true });
    }
    expect(await rotations.rotateAs(url.href, LIST)).toMatchObject({ rotated: 0, alreadyCurrent: USERS });
  });
});
