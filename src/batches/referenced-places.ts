import type { KeyReference } from '../database/attached-objects.js';
import { guarded } from '../database/relation-state.js';
import type { SqlFragment } from '../database/sql-statement.js';
import type { Heap } from '../database/stored-table.js';
import { atPlaces, type Places } from './places.js';

/**
 * Divides rows of a heap by the table that refers to them, null where none does. A key within the table itself is no hindrance where both rows
 * go in one batch; a row that stays holds those that it refers to.
 */
export function referencedPlaces(heap: Heap, keys: readonly KeyReference[], places: Places): SqlFragment {
  const within = keys.filter(({ isWithinTable }) => isWithinTable);
  const others = '(referencing.ctid operator(pg_catalog.=) any (select place from batch)) is not true';
  const elsewhere = `(referencing.tableoid operator(pg_catalog.<>) heap.tableoid or ${others})`;
  const heldByThem: SqlFragment = (bind) =>
    within.length === 0
      ? ''
      : `
        union
        select heap.ctid, ${bind(within[0]?.table ?? '', 'text')}
        from held
        join only ${heap.sqlName} as referencing on referencing.ctid operator(pg_catalog.=) held.place
        join only ${heap.sqlName} as heap on ${within.map(({ sqlMatch }) => `(${sqlMatch})`).join(' or ')}
        where heap.ctid operator(pg_catalog.=) any (select place from batch)`;
  return (bind) => `
      with recursive batch (place) as materialized (
        select ctid
        from only ${heap.sqlName}
        where ${guarded(atPlaces(places), heap)(bind)}
      ), held (place, "table") as (
        select looked.place, looked."table"
        from (
          select heap.ctid as place, case ${keys
            .map(
              ({ table, sqlTable, sqlMatch, isWithinTable }) =>
                `when exists (
                   select
                   from ${sqlTable} as referencing
                   where ${sqlMatch}${isWithinTable ? ` and ${elsewhere}` : ''}
                 ) then ${bind(table, 'text')}`,
            )
            .join(' ')} end as "table"
          from only ${heap.sqlName} as heap
          where ${atPlaces(places, 'heap')(bind)}
        ) as looked
        where looked."table" is not null
        ${heldByThem(bind)}
      )
      select named."table", pg_catalog.array_agg(batch.place)::pg_catalog.text as tids, pg_catalog.count(*)::integer as count
      from batch
      left join (
        select place, pg_catalog.min("table") as "table"
        from held
        group by place
      ) as named on named.place operator(pg_catalog.=) batch.place
      group by named."table"`;
}
