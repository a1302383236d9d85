/**
 * DI token of the SQL statements, without parameters, that the transaction of each batch of a cleanup begins with, once its time-outs are
 * set: `readonly string[]`. An error of theirs ends the batch before anything is deleted; their effects are rolled back with it.
 * @default none
 */
export const BATCH_OPENING = Symbol('TENXYTE_MAINTENANCE_BATCH_OPENING');
