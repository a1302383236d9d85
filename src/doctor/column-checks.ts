import { type CleanupTarget, isOwnTarget } from '../cleanup/targets/define-cleanup-target.js';
import { requiredColumns } from '../cleanup/targets/due-predicate.js';
import type { MappedTable } from '../database/mapped-table.js';
import type { StoredTable } from '../database/stored-table.js';
import type { DoctorCheck } from './doctor-report.js';

/** Checks the columns that decide which rows of a target are due. */
export function columnChecks(target: CleanupTarget, table: MappedTable, stored: StoredTable): DoctorCheck[] {
  return requiredColumns(target.dueWhen).flatMap(({ property, type }) => {
    const name = table.column(property);
    const found = stored.columnTypes.get(name);
    const finding = { name: 'columns', level: 'problem', subject: table.tableName } as const;
    if (found === undefined) {
      return [
        {
          ...finding,
          message: `there is no column ${name}, so no run can tell which rows are due`,
          whatToDo: isOwnTarget(target)
            ? `bring the table up to date with its entity (cleanup.targets, ${target.name})`
            : `bring the table up to date with Tenxyte's migrations, or name the column in an entity of your own (entities.${String(target.entity)})`,
        },
      ];
    }
    return type === undefined || type === found
      ? []
      : [
          {
            ...finding,
            message: `column ${name} is ${found}, ${type} is needed to judge it safely`,
            whatToDo: conversion(table.sqlName, table.sqlColumn(property), found, type),
          },
        ];
  });
}

/** Django stores UTC, so that is what a time without zone is taken for. */
function conversion(sqlTable: string, sqlColumn: string, from: string, to: string): string {
  const isZoneless = from === 'timestamp without time zone';
  const expression = isZoneless ? `${sqlColumn} at time zone 'UTC'` : `${sqlColumn}::${to}`;
  const alter = `alter table ${sqlTable} alter column ${sqlColumn} type ${to} using ${expression};`;
  return isZoneless ? `when the stored times are UTC: ${alter}` : alter;
}
