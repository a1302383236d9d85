import { DataSource } from 'typeorm';
import { TENXYTE_TABLE_MIGRATIONS } from './src/tenxyte/migrations/tenxyte-table-migrations.js';
import { TENXYTE_ENTITIES } from './src/tenxyte/tenxyte-entities.js';

/**
 * For TypeORM's own command line, on the database of `DATABASE_URL`. Its migrations create Tenxyte's tables: never run them on a
 * database that Tenxyte's Django migrations manage.
 */
export default new DataSource({
  type: 'postgres',
  url: process.env['DATABASE_URL'] ?? '',
  entities: Object.values(TENXYTE_ENTITIES),
  migrations: [...TENXYTE_TABLE_MIGRATIONS],
});
