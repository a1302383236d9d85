import type { CleanupReport, CleanupTargetName } from '../../src/index.js';
import { cleanupApp } from '../cleanup-app.js';
import { onDatabase } from '../../test/support/on-database.js';
import { plainDelete } from '../plain-deletes.js';
import type { SeededTable } from '../../test/support/seed.js';
import { seedDatabase } from '../../test/support/seed.js';
import { timed } from '../statistics.js';
import type { BenchContext } from './scenario.js';

/** Samples of both sides over the same data. */
export interface PlainDeleteSamples {
  readonly plain: number[];
  readonly cleanup: number[];
  readonly reports: CleanupReport[];
}

/**
 * Times the plain DELETE statements, one after another, and the cleanup, in turns, each on a fresh copy that is in cache.
 *
 * @param hung SQL that hangs keys or triggers on the seeded tables. @default nothing
 */
export async function againstPlainDelete(
  { serverUrl, databases, rounds, scale }: BenchContext,
  tables: readonly SeededTable[],
  hung = '',
): Promise<PlainDeleteSamples> {
  const samples: PlainDeleteSamples = { plain: [], cleanup: [], reports: [] };
  const targets: readonly CleanupTargetName[] = tables.map(({ table }) => table);
  await seedDatabase(
    serverUrl,
    'seeded',
    tables.map((table) => ({ ...table, rows: Math.round(table.rows * scale) })),
  );
  await onDatabase(databases.urlOf('seeded'), (client) => client.query(hung));
  for (let round = 0; round < rounds; round += 1) {
    const url = await databases.freshCopy('seeded', 'side');
    const deleted = await onDatabase(url, async (client) => {
      await client.query(targets.map((target) => `select count(*) from ${target}`).join(';'));
      let rows = 0;
      samples.plain.push(
        await timed(async () => {
          for (const target of targets) {
            rows += await plainDelete(client, target);
          }
        }),
      );
      return rows;
    });
    await databases.freshCopy('seeded', 'side');
    await onDatabase(url, (client) =>
      client.query(targets.map((target) => `select count(*) from ${target}`).join(';')),
    );
    const app = await cleanupApp(url);
    samples.cleanup.push(await timed(async () => samples.reports.push(await app.cleanup({ only: targets }))));
    await app.close();
    assertSameRows(deleted, samples.reports.at(-1));
  }
  await databases.drop('side');
  await databases.drop('seeded');
  return samples;
}

/** The longest batch of any run, its transaction included, in milliseconds. */
export function longestBatchMs(reports: readonly CleanupReport[]): number {
  return Math.max(...reports.flatMap(({ targets }) => targets.map(({ longestBatchMs: longest }) => longest)));
}

/** Both sides must have done the same work; some seconds lie between their clocks, and rows fall due meanwhile. */
function assertSameRows(deleted: number, cleanup: CleanupReport | undefined): void {
  const difference = Math.abs((cleanup?.rows ?? 0) - deleted);
  if (cleanup?.status !== 'succeeded' || difference > 1000) {
    throw new Error(
      `the sides did different work: ${deleted} rows plain, ${cleanup?.rows} by the cleanup (${cleanup?.status})`,
    );
  }
}
