import { CreateTenxyteTables1700000000000 } from './1700000000000-create-tenxyte-tables.js';

/**
 * TypeORM migrations that create Tenxyte's tables, in order, for the `migrations` of a data source. For hosts without a Tenxyte of
 * their own: never run them on a database that Tenxyte's Django migrations manage.
 */
export const TENXYTE_TABLE_MIGRATIONS = [CreateTenxyteTables1700000000000] as const;
