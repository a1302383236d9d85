import { readFileSync } from 'node:fs';

const PAGE = new URL('../../docs/security.md', import.meta.url);
const MARKED_BLOCK = /<!-- grants: ([a-z-]+) -->\n+```sql\n([^`]*)```/g;
const GRANT = /^grant (?<privileges>.+) on (?<schema>schema )?(?<objects>.+) to maintenance$/;

/** One privilege on one object, such as `update (id)` on `otp_codes`; of a list of columns each is one. */
export interface DocumentedGrant {
  readonly privilege: string;
  /** As in SQL: a table, or `schema` and its name. */
  readonly object: string;
}

/** The grants of a block of the page on security, one by one. Throws when there is no such block or it holds anything else. */
export function documentedGrants(block: string): readonly DocumentedGrant[] {
  const found = [...readFileSync(PAGE, 'utf8').matchAll(MARKED_BLOCK)].find(([, name]) => name === block);
  if (found === undefined) {
    throw new Error(`docs/security.md has no grants of ${block}`);
  }
  const statements = (found[2] ?? '').split(';').map((statement) => statement.replace(/\s+/g, ' ').trim());
  return statements.filter((statement) => statement !== '').flatMap(grantsOf);
}

/** As a statement's first words, to be followed by `to` or `from` and a role. */
export function inSql({ privilege, object }: DocumentedGrant): string {
  return `${privilege} on ${object}`;
}

function grantsOf(statement: string): DocumentedGrant[] {
  const { privileges, schema = '', objects } = GRANT.exec(statement)?.groups ?? {};
  if (privileges === undefined || objects === undefined) {
    throw new Error(`docs/security.md has a grant that the tests cannot read: ${statement}`);
  }
  const single = privileges.split(/, (?![^(]*\))/).flatMap(columnByColumn);
  return objects.split(', ').flatMap((name) => single.map((privilege) => ({ privilege, object: `${schema}${name}` })));
}

function columnByColumn(privilege: string): string[] {
  const { verb, columns } = /^(?<verb>\w+) \((?<columns>.+)\)$/.exec(privilege)?.groups ?? {};
  return columns === undefined ? [privilege] : columns.split(', ').map((column) => `${verb} (${column})`);
}
