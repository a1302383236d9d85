import type { DataSourceOptions } from 'typeorm';
import { UsageError } from '../../errors/usage.error.js';
import { importFile } from './import-file.js';
import { type Redact, redaction } from './redaction.js';

type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

/** How to connect, and what tables are called. Entities, migrations, `synchronize` and the like stay the application's. */
const CONNECTION = [
  'type',
  'url',
  'host',
  'port',
  'username',
  'password',
  'database',
  'ssl',
  'extra',
  'schema',
  'entityPrefix',
  'namingStrategy',
  'poolSize',
] as const satisfies readonly (keyof PostgresOptions)[];

/** A connection, and what keeps its secrets out of every text. */
export interface GivenConnection {
  readonly options: Pick<PostgresOptions, (typeof CONNECTION)[number]>;
  readonly redact: Redact;
}

/**
 * Takes the connection of the TypeORM data source that a file exports, such as `data-source.ts`; nothing is connected.
 *
 * @throws {UsageError} when the file exports none, several, or one that is not of PostgreSQL
 */
export async function loadGivenDataSource(file: string): Promise<GivenConnection> {
  const exported = await Promise.all(Object.values(await importFile('data source', file)));
  const found = [...new Set(exported.map(optionsOf).filter((options) => options !== undefined))];
  const [options] = found;
  if (options === undefined || found.length > 1) {
    const count = options === undefined ? 'no' : 'more than one';
    throw new UsageError(`${file} exports ${count} TypeORM data source, accepted is a file that exports one`);
  }
  if (options.type !== 'postgres') {
    throw new UsageError(
      `The data source of ${file} is of type ${JSON.stringify(options.type)}, accepted is "postgres"`,
    );
  }
  const complete: PostgresOptions = { ...options, ...options.replication?.master };
  const given = CONNECTION.filter((name) => complete[name] !== undefined).map((name) => [name, complete[name]]);
  return { options: Object.fromEntries(given) as GivenConnection['options'], redact: redactionOf(complete) };
}

/** A `DataSource`, of whichever copy of TypeORM, or its options. */
function optionsOf(value: unknown): PostgresOptions | undefined {
  const given = Object(value) as { readonly options?: unknown; readonly type?: unknown };
  const options = Object(given.options ?? value) as PostgresOptions;
  return typeof options.type === 'string' ? options : undefined;
}

/** The secrets of a connection as they stand, and the password of its URL decoded too. */
export function redactionOf({ url, username, password, ssl }: Partial<PostgresOptions>): Redact {
  const address = url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
  const { key, passphrase, pfx } = Object(ssl) as Readonly<Record<string, unknown>>;
  const inUrl = address?.password ?? '';
  const secrets = [password, inUrl, decoded(inUrl), key, passphrase, pfx];
  return redaction(
    secrets.filter((secret) => typeof secret === 'string'),
    [username ?? decoded(address?.username ?? '')],
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
