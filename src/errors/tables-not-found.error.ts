import { MaintenanceError } from './maintenance.error.js';

/** The database has none of Tenxyte's tables: most likely the wrong one. Nothing was touched. Code `TABLES_NOT_FOUND`. */
export class TablesNotFoundError extends MaintenanceError {
  public constructor(database: string, tables: readonly string[]) {
    super(
      'TABLES_NOT_FOUND',
      `The database "${database}" has none of Tenxyte's tables (looked for ${tables.join(', ')}; a table of users alone does not tell): check the connection and its search_path. Nothing was touched.`,
      { context: { database, tables } },
    );
  }
}
