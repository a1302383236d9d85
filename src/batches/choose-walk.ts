import type { QueryRunner } from 'typeorm';
import type { AttachedObject } from '../database/attached-objects.js';
import { type SqlFragment, sqlStatement } from '../database/sql-statement.js';
import type { Heap } from '../database/stored-table.js';
import { AgeIndexWalk } from './age-index-walk.js';
import { HeapWalk } from './heap-walk.js';
import { findLeadingIndexes } from './leading-indexes.js';
import type { Walk } from './walk.js';

/** Below this size a heap is walked whole: asking the planner would take longer. */
const SMALL_HEAP_PAGES = 64;

/**
 * Up to this share of the rows the index is the shorter way. The planner alone would use a well-correlated index for half a
 * table, which costs each row a second look and each batch a wait for the disk: 0.92 s against 0.65 s for half of a million rows.
 */
const LARGEST_INDEX_SHARE = 0.1;

/** The rows of one heap that are to be deleted. */
export interface DueRowsOfHeap {
  readonly heap: Heap;
  readonly due: SqlFragment;
  /** A part of it that the planner can judge, by which a walk is chosen. @default the whole */
  readonly estimatedBy?: SqlFragment;
  /** The kind of a due row, a whole number, by which rows are counted apart. @default all are of one kind */
  readonly kind?: SqlFragment;
  /** What acts when a row of the heap is deleted. */
  readonly attached: readonly AttachedObject[];
  /** Columns, unescaped, that every due row has before a cutoff. */
  readonly ageColumns: readonly string[];
  /** Escapes a column's name for SQL. */
  readonly escape: (column: string) => string;
}

interface PlanNode {
  readonly 'Index Name'?: string;
  readonly 'Plan Rows'?: number;
  readonly Plans?: readonly PlanNode[];
}

/**
 * Chooses how to go through a heap: along an index on an age column when the planner, asked for one unbounded DELETE, would use
 * that index itself and expects a small share to be due; otherwise page by page.
 */
export async function chooseWalk(queryRunner: QueryRunner, rows: DueRowsOfHeap): Promise<Walk> {
  const { heap, due, estimatedBy = due, ageColumns, escape } = rows;
  if (heap.pages < SMALL_HEAP_PAGES || ageColumns.length === 0) {
    return new HeapWalk(heap);
  }
  const indexes = await findLeadingIndexes(queryRunner, heap, ageColumns);
  if (indexes.size === 0) {
    return new HeapWalk(heap);
  }
  const scans = planNodes(await explainDelete(queryRunner, heap, estimatedBy));
  const scan = scans.find((node) => indexes.has(node['Index Name'] ?? ''));
  const column = indexes.get(scan?.['Index Name'] ?? '');
  const estimatedRows = scan?.['Plan Rows'] ?? Infinity;
  const isSmallShare = estimatedRows <= heap.estimatedRows * LARGEST_INDEX_SHARE;
  return column !== undefined && isSmallShare
    ? new AgeIndexWalk({ heap, due: estimatedBy, sqlColumn: escape(column), estimatedRows })
    : new HeapWalk(heap);
}

function planNodes(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(planNodes)];
}

async function explainDelete(queryRunner: QueryRunner, heap: Heap, due: SqlFragment): Promise<PlanNode> {
  const { sql, parameters } = sqlStatement(
    (bind) => `
      explain (format json)
      delete from only ${heap.sqlName}
      where ${due(bind)}`,
  );
  const [answer]: { 'QUERY PLAN': readonly { Plan: PlanNode }[] }[] = await queryRunner.query(sql, parameters);
  return answer?.['QUERY PLAN'][0]?.Plan ?? {};
}
