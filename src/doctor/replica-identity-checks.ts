import type { QueryRunner } from 'typeorm';
import type { DoctorCheck } from './doctor-report.js';
import { PUBLISHED_SCHEMAS_SINCE } from './publication-checks.js';

/** A heap that a publication keeps from being changed. */
export interface HeapWithoutIdentity {
  readonly sqlName: string;
  /** True when it has a key that could identify its rows. */
  readonly hasPrimaryKey: boolean;
  readonly publications: readonly string[];
}

/**
 * Reads which heaps publish a change and lack what PostgreSQL demands for it, a replica identity: it refuses each such change (55000). A
 * partition is published with whatever it is a partition of, and has a replica identity of its own.
 */
export async function readHeapsWithoutIdentity(
  queryRunner: QueryRunner,
  heaps: readonly { readonly sqlName: string }[],
  { change, versionNumber }: { readonly change: 'update' | 'delete'; readonly versionNumber: number },
): Promise<readonly HeapWithoutIdentity[]> {
  const inSchema =
    versionNumber < PUBLISHED_SCHEMAS_SINCE
      ? 'false'
      : `exists (
           select
           from above
           join pg_catalog.pg_class as class on class.oid operator(pg_catalog.=) above.oid
           join pg_catalog.pg_publication_namespace as published
             on published.pnnspid operator(pg_catalog.=) class.relnamespace
           where above.place operator(pg_catalog.=) heap.place
             and published.pnpubid operator(pg_catalog.=) publication.oid
         )`;
  return queryRunner.query(
    `
    with given (name, place, oid) as (
      select name, place, name::pg_catalog.regclass::pg_catalog.oid
      from pg_catalog.unnest($1::pg_catalog.text[]) with ordinality as given (name, place)
    ), key ("heapOid", "isPrimary", "isChosen") as (
      select indrelid, indisprimary, indisreplident
      from pg_catalog.pg_index
      where indisvalid and indimmediate
    ), heap (name, place, oid, "hasPrimaryKey") as (
      select given.name, given.place, given.oid,
             exists (select from key where key."heapOid" operator(pg_catalog.=) given.oid and key."isPrimary")
      from given
      join pg_catalog.pg_class as class on class.oid operator(pg_catalog.=) given.oid
      where class.relpersistence operator(pg_catalog.=) 'p'
        and class.relreplident operator(pg_catalog.<>) 'f'
        and not exists (
          select
          from key
          where key."heapOid" operator(pg_catalog.=) given.oid
            and (class.relreplident operator(pg_catalog.=) 'd' and key."isPrimary"
                 or class.relreplident operator(pg_catalog.=) 'i' and key."isChosen")
        )
    ), above (place, oid) as (
      select place, oid from heap
      union
      select heap.place, ancestor.oid
      from heap
      cross join lateral pg_catalog.pg_partition_ancestors(heap.oid::pg_catalog.regclass) as ancestor (oid)
    )
    select heap.name as "sqlName",
           heap."hasPrimaryKey",
           pg_catalog.array_agg(publication.pubname::pg_catalog.text order by publication.pubname) as publications
    from heap
    cross join pg_catalog.pg_publication as publication
    where publication.pub${change}
      and (publication.puballtables
           or exists (
             select
             from above
             join pg_catalog.pg_publication_rel as published on published.prrelid operator(pg_catalog.=) above.oid
             where above.place operator(pg_catalog.=) heap.place
               and published.prpubid operator(pg_catalog.=) publication.oid
           )
           or ${inSchema})
    group by heap.name, heap.place, heap."hasPrimaryKey"
    order by heap.place`,
    [heaps.map(({ sqlName }) => sqlName)],
  );
}

const REFUSED = {
  deletion: { published: 'deletions', verdict: 'every deletion from it is refused' },
  suspension: { published: 'updates', verdict: 'every suspension of an agent is refused' },
  rotation: { published: 'updates', verdict: 'every rotation of TOTP keys is refused' },
} as const;

/** Reports heaps of which PostgreSQL refuses to publish a change, and so refuses the change. */
export function identityChecks(
  subject: string,
  work: keyof typeof REFUSED,
  heaps: readonly HeapWithoutIdentity[],
): DoctorCheck[] {
  const { published, verdict } = REFUSED[work];
  return heaps.map(({ sqlName, hasPrimaryKey, publications }) => {
    const names = publications.map((name) => `"${name}"`).join(', ');
    return {
      name: 'publications',
      level: 'problem',
      subject,
      message: `${sqlName} has no replica identity, and ${published} are published (${names}): ${verdict}`,
      whatToDo: hasPrimaryKey
        ? `alter table ${sqlName} replica identity default;`
        : `give it a primary key, or: alter table ${sqlName} replica identity full;`,
    };
  });
}
