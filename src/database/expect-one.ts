/**
 * The row of a statement that always answers one. Throws when there is none: something made up in its place would pass for the database's
 * answer.
 */
export function expectOne<Row>([row]: readonly Row[]): Row {
  if (row === undefined) {
    throw new Error('The database answered no row to a statement that always has one');
  }
  return row;
}
