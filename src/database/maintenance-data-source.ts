/** DI token of the TypeORM data source that the module works on: the one its `dataSource` option names. */
export const MAINTENANCE_DATA_SOURCE = Symbol('TENXYTE_MAINTENANCE_DATA_SOURCE');

/** DI token of that data source's name; `default` for the unnamed one. */
export const DATA_SOURCE_NAME = Symbol('TENXYTE_MAINTENANCE_DATA_SOURCE_NAME');
