import * as v from 'valibot';
import { startChild } from '../child.js';
import { report } from '../comparison.js';
import { seedDatabase } from '../../test/support/seed.js';
import type { BenchContext, Scenario } from './scenario.js';

const resultSchema = v.object({ rows: v.pipe(v.number(), v.gtValue(0)), peakKilobytes: v.number() });

/** The peak memory of a whole process that cleans a small and a tenfold table. */
export const memory: Scenario = async (context) => {
  const small = await peaks(context, 300_000);
  const large = await peaks(context, 3_000_000);
  return report({
    name: 'peak memory of the process, login_attempts half due: 3 M rows against 300,000',
    unit: 'MB',
    baseline: small,
    measured: large,
    limit: 1.1,
    notes: [],
  });
};

async function peaks({ serverUrl, databases, rounds, scale }: BenchContext, rows: number): Promise<number[]> {
  await seedDatabase(serverUrl, 'seeded', [
    { table: 'login_attempts', rows: Math.round(rows * scale), dueFraction: 0.5 },
  ]);
  const found: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { peakKilobytes } = v.parse(
      resultSchema,
      await startChild('memory.child.js', await databases.freshCopy('seeded', 'side')).result,
    );
    found.push(peakKilobytes / 1024);
  }
  await databases.drop('side');
  await databases.drop('seeded');
  return found;
}
