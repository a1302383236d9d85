import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { createTenxyteDatabase } from '../test/support/tenxyte-database.js';
import { startChild } from './child.js';
import { startBenchServer } from './server.js';
import { median } from './statistics.js';

/** What the module may cost an application that does nothing. */
const LIMITS = { startUpMs: 150, megabytes: 15 } as const;
const UNITS = { startUpMs: 'ms of start-up', megabytes: 'MB at rest' } as const;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } });
const resultSchema = v.object({ startUpMs: v.number(), megabytes: v.number() });
type Result = v.InferOutput<typeof resultSchema>;

const server = await startBenchServer();
try {
  const url = await createTenxyteDatabase(server.url, 'idle');
  const start = async (variant: 'with' | 'without'): Promise<Result> =>
    v.parse(resultSchema, await startChild('idle-app.child.js', url, variant).result);
  await start('with');
  const results: Record<'with' | 'without', Result[]> = { with: [], without: [] };
  for (let round = 0; round < Number(values.rounds); round += 1) {
    results.without.push(await start('without'));
    results.with.push(await start('with'));
  }
  const figures = ['startUpMs', 'megabytes'] as const;
  process.exitCode = figures.map((figure) => show(figure, results)).every(Boolean) ? 0 : 1;
} finally {
  await server.stop();
}

function show(figure: keyof Result, results: Record<'with' | 'without', readonly Result[]>): boolean {
  const [without, withModule] = [results.without, results.with].map((each) => each.map((result) => result[figure]));
  const more = median(withModule ?? []) - median(without ?? []);
  const isKept = more <= LIMITS[figure];
  console.log(
    `${UNITS[figure]}: ${median(without ?? []).toFixed(1)} without, ${median(withModule ?? []).toFixed(1)} with the module: ` +
      `${more.toFixed(1)} more, ratio ${(median(withModule ?? []) / median(without ?? [])).toFixed(2)} (limit ${LIMITS[figure]} more) ${isKept ? 'kept' : 'BROKEN'}`,
  );
  return isKept;
}
