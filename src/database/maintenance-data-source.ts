/** DI token of the TypeORM data source that the module works on: the one its `dataSource` option names. */
export const MAINTENANCE_DATA_SOURCE = Symbol('TENXYTE_MAINTENANCE_DATA_SOURCE');
