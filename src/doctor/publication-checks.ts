import type { QueryRunner } from 'typeorm';
import { RUNS_SCHEMA_TABLES } from '../tasks/runs/runs-schema-steps.js';
import type { DoctorCheck } from './doctor-report.js';

/** From here on a publication may name whole schemas, in a catalog that older servers lack. */
export const PUBLISHED_SCHEMAS_SINCE = 150_000;

/** A logical publication that tables of this package are in. */
export interface OwnPublication {
  readonly name: string;
  readonly isForAll: boolean;
  /** True when it names their schema. */
  readonly isForSchema: boolean;
  /** True when their schema holds other tables as well. */
  readonly isSharedSchema: boolean;
  /** Those that it names one by one. */
  readonly listed: readonly string[];
}

/**
 * Reads the publications that this package's tables are in, or will be in once they are there. The catalogs are asked rather than the view
 * `pg_publication_tables`, which opens every table of a publication and waits for whoever locks one.
 */
export async function readOwnPublications(
  queryRunner: QueryRunner,
  schema: string,
  { versionNumber }: { readonly versionNumber: number },
): Promise<readonly OwnPublication[]> {
  const forSchema =
    versionNumber < PUBLISHED_SCHEMAS_SINCE
      ? 'false'
      : `exists (
           select
           from pg_catalog.pg_publication_namespace as published
           join pg_catalog.pg_namespace as namespace on namespace.oid operator(pg_catalog.=) published.pnnspid
           where published.pnpubid operator(pg_catalog.=) publication.oid
             and namespace.nspname operator(pg_catalog.=) $1::pg_catalog.text
         )`;
  return queryRunner.query(
    `
    with stored (oid, name, "isOwn") as (
      select class.oid, class.relname::pg_catalog.text,
             class.relname::pg_catalog.text operator(pg_catalog.=) any ($2::pg_catalog.text[])
      from pg_catalog.pg_class as class
      join pg_catalog.pg_namespace as namespace on namespace.oid operator(pg_catalog.=) class.relnamespace
      where namespace.nspname operator(pg_catalog.=) $1::pg_catalog.text
        and class.relkind::pg_catalog.text operator(pg_catalog.=) any (array['r', 'p'])
    ), read (name, "isForAll", "isForSchema", "isSharedSchema", listed) as (
      select publication.pubname,
             publication.puballtables,
             ${forSchema},
             exists (select from stored where not "isOwn"),
             array(
               select stored.name
               from stored
               join pg_catalog.pg_publication_rel as published on published.prrelid operator(pg_catalog.=) stored.oid
               where published.prpubid operator(pg_catalog.=) publication.oid
                 and stored."isOwn"
               order by stored.name
             )
      from pg_catalog.pg_publication as publication
      where publication.pubinsert or publication.pubupdate or publication.pubdelete or publication.pubtruncate
    )
    select name, "isForAll", "isForSchema", "isSharedSchema", listed
    from read
    where "isForAll" or "isForSchema" or pg_catalog.cardinality(listed) operator(pg_catalog.>) 0
    order by name`,
    [schema, RUNS_SCHEMA_TABLES],
  );
}

/** Advises to keep this package's tables out of publications, or to create them at each subscriber first. */
export function ownPublicationChecks(
  publications: readonly OwnPublication[],
  schema: string,
  escape: (identifier: string) => string,
): DoctorCheck[] {
  return publications.map((publication) => {
    const { name, listed } = publication;
    const which = holdsAll(publication)
      ? `this package's tables of schema ${schema}`
      : `${listed.map((table) => `${schema}.${table}`).join(', ')}, this package's own`;
    return {
      name: 'publications',
      level: 'advice',
      subject: schema,
      message: `the publication "${name}" holds ${which}: a subscriber without them stops applying anything at the next run, one with them gets somebody else's runs once it refreshes the subscription`,
      whatToDo: `${cureOf(publication, schema, escape)}; until then have "tenxyte-maintenance migrate" create them at each subscriber before the next run here`,
    };
  });
}

function holdsAll({ isForAll, isForSchema }: OwnPublication): boolean {
  return isForAll || isForSchema;
}

function cureOf(
  { name, isForAll, isForSchema, isSharedSchema, listed }: OwnPublication,
  schema: string,
  escape: (identifier: string) => string,
): string {
  const alter = `alter publication ${escape(name)}`;
  if (isForAll) {
    return 'drop it and create it again in the same transaction, for the schemas or tables that are meant';
  }
  if (isForSchema && isSharedSchema) {
    return `${alter} set table, with the tables that are meant in place of their schema`;
  }
  const parts = [
    ...(isForSchema ? [`${alter} drop tables in schema ${escape(schema)}`] : []),
    ...(listed.length === 0
      ? []
      : [`${alter} drop table ${listed.map((table) => `${escape(schema)}.${escape(table)}`).join(', ')}`]),
  ];
  return parts.join('; ');
}
