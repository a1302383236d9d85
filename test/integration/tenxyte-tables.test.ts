import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { TENXYTE_TABLE_MIGRATIONS } from '../../src/index.js';
import { useTestDatabase } from '../support/test-database.js';

/** A table as the catalog describes it, each list sorted. `?` marks a nullable column; the indexes of keys follow from the constraints. */
interface CatalogTable {
  readonly columns: readonly string[];
  readonly constraints: readonly string[];
  readonly indexes: readonly string[];
}

/** Tenxyte's own tables, without the foreign keys to `organizations` and `organization_roles`. */
const TENXYTE: Readonly<Record<string, CatalogTable>> = {
  applications: {
    columns: [
      'access_key varchar(64)',
      'access_secret varchar(128)',
      'created_at timestamptz',
      'description text',
      'id bigint identity',
      'is_active boolean',
      'name varchar(100)',
      'redirect_uris jsonb',
      'updated_at timestamptz',
    ],
    constraints: ['PRIMARY KEY (id)', 'UNIQUE (access_key)'],
    indexes: ['(access_key varchar_pattern_ops)'],
  },
  users: {
    columns: [
      'anonymization_token varchar(100)?',
      'backup_codes jsonb',
      'bio text',
      'created_at timestamptz',
      'custom_fields jsonb?',
      'deleted_at timestamptz?',
      'email varchar(191)?',
      'first_name varchar(100)',
      'google_id varchar(100)?',
      'id bigint identity',
      'is_2fa_enabled boolean',
      'is_active boolean',
      'is_banned boolean',
      'is_deleted boolean',
      'is_email_verified boolean',
      'is_locked boolean',
      'is_phone_verified boolean',
      'is_restricted boolean',
      'is_staff boolean',
      'is_superuser boolean',
      'language varchar(10)',
      'last_login timestamptz?',
      'last_name varchar(100)',
      'locked_until timestamptz?',
      'lockout_count integer',
      'max_devices integer',
      'max_sessions integer',
      'password varchar(128)',
      'phone_country_code varchar(5)?',
      'phone_number varchar(20)?',
      'timezone varchar(63)',
      'totp_secret varchar(255)?',
      'updated_at timestamptz',
      'username varchar(191)?',
    ],
    constraints: [
      'CHECK ((lockout_count >= 0))',
      'CHECK ((max_devices >= 0))',
      'CHECK ((max_sessions >= 0))',
      'PRIMARY KEY (id)',
      'UNIQUE (anonymization_token)',
      'UNIQUE (email)',
      'UNIQUE (google_id)',
      'UNIQUE (username)',
    ],
    indexes: [
      '(anonymization_token varchar_pattern_ops)',
      '(email varchar_pattern_ops)',
      '(google_id varchar_pattern_ops)',
      '(is_deleted)',
      '(phone_country_code, phone_number)',
      '(username varchar_pattern_ops)',
    ],
  },
  blacklisted_tokens: {
    columns: [
      'blacklisted_at timestamptz',
      'expires_at timestamptz',
      'id bigint identity',
      'reason varchar(100)',
      'token_jti varchar(191)',
      'user_id bigint?',
    ],
    constraints: [
      'FOREIGN KEY (user_id) REFERENCES users(id) DEFERRABLE INITIALLY DEFERRED',
      'PRIMARY KEY (id)',
      'UNIQUE (token_jti)',
    ],
    indexes: ['(token_jti varchar_pattern_ops)', '(user_id)'],
  },
  magic_link_tokens: {
    columns: [
      'application_id bigint?',
      'created_at timestamptz',
      'expires_at timestamptz',
      'id bigint identity',
      'ip_address inet?',
      'is_used boolean',
      'token varchar(191)',
      'used_at timestamptz?',
      'user_agent varchar(255)?',
      'user_id bigint',
    ],
    constraints: [
      'FOREIGN KEY (application_id) REFERENCES applications(id) DEFERRABLE INITIALLY DEFERRED',
      'FOREIGN KEY (user_id) REFERENCES users(id) DEFERRABLE INITIALLY DEFERRED',
      'PRIMARY KEY (id)',
      'UNIQUE (token)',
    ],
    indexes: ['(application_id)', '(token varchar_pattern_ops)', '(user_id)'],
  },
  otp_codes: {
    columns: [
      'attempts integer',
      'code varchar(64)',
      'created_at timestamptz',
      'expires_at timestamptz',
      'id bigint identity',
      'is_used boolean',
      'max_attempts integer',
      'otp_type varchar(20)',
      'user_id bigint',
    ],
    constraints: ['FOREIGN KEY (user_id) REFERENCES users(id) DEFERRABLE INITIALLY DEFERRED', 'PRIMARY KEY (id)'],
    indexes: ['(user_id)'],
  },
  refresh_tokens: {
    columns: [
      'application_id bigint',
      'created_at timestamptz',
      'device_info varchar(255)',
      'expires_at timestamptz',
      'id bigint identity',
      'ip_address inet?',
      'is_revoked boolean',
      'last_used_at timestamptz',
      'token varchar(191)',
      'user_id bigint',
    ],
    constraints: [
      'FOREIGN KEY (application_id) REFERENCES applications(id) DEFERRABLE INITIALLY DEFERRED',
      'FOREIGN KEY (user_id) REFERENCES users(id) DEFERRABLE INITIALLY DEFERRED',
      'PRIMARY KEY (id)',
      'UNIQUE (token)',
    ],
    indexes: ['(application_id)', '(token varchar_pattern_ops)', '(user_id)'],
  },
  login_attempts: {
    columns: [
      'application_id bigint?',
      'created_at timestamptz',
      'failure_reason varchar(100)',
      'id bigint identity',
      'identifier varchar(191)',
      'ip_address inet',
      'success boolean',
    ],
    constraints: [
      'FOREIGN KEY (application_id) REFERENCES applications(id) DEFERRABLE INITIALLY DEFERRED',
      'PRIMARY KEY (id)',
    ],
    indexes: ['(application_id)', '(identifier varchar_pattern_ops)', '(identifier)'],
  },
  agent_tokens: {
    columns: [
      'agent_id varchar(100)',
      'application_id bigint',
      'budget_limit_usd numeric(10,4)?',
      'created_at timestamptz',
      'current_failed_count integer',
      'current_request_count integer',
      'current_spend_usd numeric(10,4)',
      'expires_at timestamptz',
      'heartbeat_required_every integer?',
      'id bigint identity',
      'last_heartbeat_at timestamptz?',
      'last_used_at timestamptz?',
      'max_failed_requests integer',
      'max_requests_per_minute integer',
      'max_requests_total integer',
      'organization_id bigint?',
      'revoked_at timestamptz?',
      'revoked_by_id bigint?',
      'status varchar(20)',
      'suspended_at timestamptz?',
      'suspended_reason varchar(30)?',
      'token varchar(128)',
      'triggered_by_id bigint',
    ],
    constraints: [
      'CHECK ((current_failed_count >= 0))',
      'CHECK ((current_request_count >= 0))',
      'CHECK ((heartbeat_required_every >= 0))',
      'CHECK ((max_failed_requests >= 0))',
      'CHECK ((max_requests_per_minute >= 0))',
      'CHECK ((max_requests_total >= 0))',
      'FOREIGN KEY (application_id) REFERENCES applications(id) DEFERRABLE INITIALLY DEFERRED',
      'FOREIGN KEY (revoked_by_id) REFERENCES users(id) DEFERRABLE INITIALLY DEFERRED',
      'FOREIGN KEY (triggered_by_id) REFERENCES users(id) DEFERRABLE INITIALLY DEFERRED',
      'PRIMARY KEY (id)',
      'UNIQUE (token)',
    ],
    indexes: [
      '(application_id)',
      '(organization_id)',
      '(revoked_by_id)',
      '(status varchar_pattern_ops)',
      '(status)',
      '(status, expires_at)',
      '(token varchar_pattern_ops)',
      '(triggered_by_id)',
      '(triggered_by_id, status)',
    ],
  },
  audit_logs: {
    columns: [
      'action varchar(50)',
      'agent_token_id bigint?',
      'application_id bigint?',
      'created_at timestamptz',
      'details jsonb',
      'id bigint identity',
      'ip_address inet?',
      'on_behalf_of_id bigint?',
      'prompt_trace_id varchar(128)?',
      'user_agent varchar(500)',
      'user_id bigint?',
    ],
    constraints: [
      'FOREIGN KEY (agent_token_id) REFERENCES agent_tokens(id) DEFERRABLE INITIALLY DEFERRED',
      'FOREIGN KEY (application_id) REFERENCES applications(id) DEFERRABLE INITIALLY DEFERRED',
      'FOREIGN KEY (on_behalf_of_id) REFERENCES users(id) DEFERRABLE INITIALLY DEFERRED',
      'FOREIGN KEY (user_id) REFERENCES users(id) DEFERRABLE INITIALLY DEFERRED',
      'PRIMARY KEY (id)',
    ],
    indexes: [
      '(action varchar_pattern_ops)',
      '(action)',
      '(agent_token_id)',
      '(application_id)',
      '(created_at)',
      '(on_behalf_of_id)',
      '(user_id)',
    ],
  },
  agent_pending_actions: {
    columns: [
      'agent_token_id bigint',
      'confirmation_token varchar(128)',
      'confirmed_at timestamptz?',
      'created_at timestamptz',
      'denied_at timestamptz?',
      'endpoint varchar(255)',
      'expires_at timestamptz',
      'id bigint identity',
      'payload jsonb',
      'permission_requested varchar(100)',
      'prompt_trace_id varchar(128)?',
    ],
    constraints: [
      'FOREIGN KEY (agent_token_id) REFERENCES agent_tokens(id) DEFERRABLE INITIALLY DEFERRED',
      'PRIMARY KEY (id)',
      'UNIQUE (confirmation_token)',
    ],
    indexes: ['(agent_token_id)', '(confirmation_token varchar_pattern_ops)'],
  },
  webauthn_challenges: {
    columns: [
      'challenge varchar(191)',
      'created_at timestamptz',
      'expires_at timestamptz',
      'id bigint identity',
      'is_used boolean',
      'operation varchar(16)',
      'user_id bigint?',
    ],
    constraints: [
      'FOREIGN KEY (user_id) REFERENCES users(id) DEFERRABLE INITIALLY DEFERRED',
      'PRIMARY KEY (id)',
      'UNIQUE (challenge)',
    ],
    indexes: ['(challenge varchar_pattern_ops)', '(user_id)'],
  },
  organization_invitations: {
    columns: [
      'accepted_at timestamptz?',
      'created_at timestamptz',
      'email varchar(191)',
      'expires_at timestamptz',
      'id bigint identity',
      'invited_by_id bigint?',
      'organization_id bigint',
      'role_id bigint',
      'status varchar(20)',
      'token varchar(64)',
    ],
    constraints: [
      'FOREIGN KEY (invited_by_id) REFERENCES users(id) DEFERRABLE INITIALLY DEFERRED',
      'PRIMARY KEY (id)',
      'UNIQUE (token)',
    ],
    indexes: [
      '(email, status)',
      '(invited_by_id)',
      '(organization_id)',
      '(organization_id, status)',
      '(role_id)',
      '(token varchar_pattern_ops)',
      '(token)',
    ],
  },
  organization_memberships: {
    columns: [
      'created_at timestamptz',
      'id bigint identity',
      'invited_at timestamptz?',
      'invited_by_id bigint?',
      'organization_id bigint',
      'role_id bigint',
      'status varchar(20)',
      'updated_at timestamptz',
      'user_id bigint',
    ],
    constraints: [
      'FOREIGN KEY (invited_by_id) REFERENCES users(id) DEFERRABLE INITIALLY DEFERRED',
      'FOREIGN KEY (user_id) REFERENCES users(id) DEFERRABLE INITIALLY DEFERRED',
      'PRIMARY KEY (id)',
      'UNIQUE (user_id, organization_id)',
    ],
    indexes: [
      '(invited_by_id)',
      '(organization_id)',
      '(organization_id, status)',
      '(role_id)',
      '(user_id)',
      '(user_id, organization_id, status)',
    ],
  },
};

const LISTS = {
  columns: `
    select a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
           || case when a.attnotnull then '' else '?' end
           || case a.attidentity when '' then '' when 'd' then ' identity' else ' identity of another kind' end
           || case when a.atthasdef then ' with a default' else '' end
    from pg_attribute as a
    where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped`,
  constraints: `select pg_get_constraintdef(oid) from pg_constraint where conrelid = $1::regclass and contype <> 'n'`,
  indexes: `
    select regexp_replace(pg_get_indexdef(indexrelid), 'CREATE (UNIQUE )?INDEX .* USING btree ', '\\1')
    from pg_index
    where indrelid = $1::regclass and indexrelid not in (select conindid from pg_constraint where contype in ('p', 'u'))`,
} as const;

/** Types and operators that stand in for those of the system when a statement does not say which it means. */
const HOSTILE = `
  create schema hostile;
  create domain hostile.text as pg_catalog.text;
  create domain hostile.jsonb as pg_catalog.jsonb;
  create domain hostile.inet as pg_catalog.inet;
  create domain hostile.timestamptz as pg_catalog.timestamptz;
  create operator hostile.>= (leftarg = integer, rightarg = integer, function = int4ge);
  create operator class hostile.varchar_pattern_ops for type pg_catalog.text using btree as
    operator 1 ~<~, operator 2 ~<=~, operator 3 =, operator 4 ~>=~, operator 5 ~>~,
    function 1 bttext_pattern_cmp(pg_catalog.text, pg_catalog.text)`;

describe("the migrations that create Tenxyte's tables", () => {
  const database = useTestDatabase();
  let client: pg.Client;

  beforeAll(async () => {
    client = await database.connect();
  });

  const tableOf = async (schema: string, table: string): Promise<CatalogTable> => {
    const list = async (sql: string): Promise<string[]> => {
      const { rows } = await client.query<[string]>({ text: sql, values: [`${schema}.${table}`], rowMode: 'array' });
      return rows
        .map(([line]) =>
          line.replace('character varying', 'varchar').replace('timestamp with time zone', 'timestamptz'),
        )
        .sort();
    };
    await client.query(`set search_path = pg_catalog, ${schema}`);
    return {
      columns: await list(LISTS.columns),
      constraints: await list(LISTS.constraints),
      indexes: await list(LISTS.indexes),
    };
  };

  it.each(Object.keys(TENXYTE))(
    'give %s the columns, keys, checks and indexes that it has in Tenxyte',
    async (table) => {
      expect(await tableOf('public', table)).toEqual(TENXYTE[table]);
    },
  );

  it('create no other table', async () => {
    const created = await client.query<{ tablename: string }>(
      "select tablename from pg_tables where schemaname = 'public'",
    );
    expect(created.rows.map(({ tablename }) => tablename).sort()).toEqual(
      [...Object.keys(TENXYTE), 'migrations'].sort(),
    );
  });

  describe('on a search path that puts other types and operators first', () => {
    let dataSource: DataSource;

    beforeAll(async () => {
      await client.query(HOSTILE);
      dataSource = new DataSource({
        type: 'postgres',
        url: database.url,
        migrations: [...TENXYTE_TABLE_MIGRATIONS],
        extra: { options: '-c search_path=hostile,pg_catalog' },
      });
      await dataSource.initialize();
      await dataSource.runMigrations();
    });
    afterAll(() => dataSource.destroy());

    it.each(Object.keys(TENXYTE))('give %s the same', async (table) => {
      expect(await tableOf('hostile', table)).toEqual(TENXYTE[table]);
    });
  });
});
