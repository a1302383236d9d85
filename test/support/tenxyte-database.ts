import { DataSource } from 'typeorm';
import { TENXYTE_TABLE_MIGRATIONS } from '../../src/tenxyte/migrations/tenxyte-table-migrations.js';
import { onDatabase } from './on-database.js';
import { urlOfDatabase } from './server.js';

/** Creates a database with Tenxyte's tables, whose schema only its owner may create in, as is the default from PostgreSQL 15 on. @param options of `create database` */
export async function createTenxyteDatabase(serverUrl: string, name: string, options = ''): Promise<string> {
  await onDatabase(serverUrl, (client) => client.query(`create database ${name} ${options}`));
  const url = urlOfDatabase(serverUrl, name);
  const dataSource = new DataSource({ type: 'postgres', url, migrations: [...TENXYTE_TABLE_MIGRATIONS] });
  await dataSource.initialize();
  await dataSource.runMigrations();
  await dataSource.query('revoke create on schema public from public');
  await dataSource.destroy();
  return url;
}

/** Copies a database that nobody is connected to. */
export async function copyDatabase(serverUrl: string, template: string, name: string): Promise<string> {
  await onDatabase(serverUrl, (client) => client.query(`create database ${name} template ${template}`));
  return urlOfDatabase(serverUrl, name);
}

/** Drops a database and ends whoever is still connected to it. */
export async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  await onDatabase(serverUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
}
