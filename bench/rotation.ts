/*
 * A rotation of this package, in a process of its own and with its claim, its read-back and its record, against three bare sides:
 *
 * - the cryptography alone: each token in memory verified, decrypted, encrypted and signed by hand-written `node:crypto`, no database at all;
 * - one bulk UPDATE of the column, no cryptography at all;
 * - a whole rotation written by hand with the same primitives: pages are read, rotated, written by UPDATE, and read back.
 *
 * The first and the third are timed in one process, see rotation-by-hand.child.js. It and the rotation take turns in being first, and the
 * processor time of each is measured beside its wall time. `--no-memory` leaves the memory of many users out.
 */
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { FernetKey } from '../src/totp-key-rotation/fernet/fernet-key.js';
import { onDatabase } from '../test/support/on-database.js';
import { startChild } from './child.js';
import { report } from './comparison.js';
import { BenchDatabases } from './databases.js';
import { startBenchServer } from './server.js';
import { median, timed } from './statistics.js';
import { PLAIN_UPDATE, seedTotpUsers, tokensUnder } from './totp-users.js';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    rounds: { type: 'string', default: '5' },
    users: { type: 'string', default: '100000' },
    memory: { type: 'boolean', default: true },
  },
});
const rounds = Number(values.rounds);
const users = Number(values.users);
const LIMIT = 1.25;
/** Of two sides that use one processor each, of which a rotation uses both: on a machine that has nothing else to do. */
const BARE_LIMIT = 1.35;
const [newKey, oldKey] = [FernetKey.generate(), FernetKey.generate()];

const resultSchema = v.object({
  rotated: v.number(),
  safeToRetirePreviousKeys: v.literal(true),
  durationMs: v.number(),
  cpuMs: v.number(),
  peakKilobytes: v.number(),
});

const byHandSchema = v.object({
  readBack: v.literal(users),
  cryptographyMs: v.number(),
  cryptographyCpuMs: v.number(),
  durationMs: v.number(),
  cpuMs: v.number(),
});

const server = await startBenchServer();
const databases = new BenchDatabases(server.url);

/** A whole run in a process of its own, with its claim, its read-back and its record. */
async function rotate(expected: number): Promise<v.InferOutput<typeof resultSchema>> {
  const url = await databases.freshCopy('seeded', 'side');
  await warm(url);
  const result = v.parse(resultSchema, await startChild('rotation.child.js', url, newKey, oldKey).result);
  if (result.rotated !== expected) {
    throw new Error(`${result.rotated} secrets were rotated, not ${expected}`);
  }
  return result;
}

/** The cryptography alone, and a whole run, as one would write them by hand. */
async function rotateByHand(): Promise<v.InferOutput<typeof byHandSchema>> {
  const url = await databases.freshCopy('seeded', 'side');
  await warm(url);
  return v.parse(byHandSchema, await startChild('rotation-by-hand.child.js', url, newKey, oldKey).result);
}

async function plainUpdate(): Promise<number> {
  const url = await databases.freshCopy('seeded', 'side');
  await warm(url);
  return onDatabase(url, (client) => timed(() => client.query(PLAIN_UPDATE)));
}

const warm = (url: string): Promise<unknown> =>
  onDatabase(url, (client) => client.query('select count(totp_secret), min(id) from users'));

async function peakMemory(count: number): Promise<number[]> {
  await seedTotpUsers(server.url, 'seeded', tokensUnder(oldKey, count));
  const peaks: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    peaks.push((await rotate(count)).peakKilobytes / 1024);
  }
  await databases.drop('seeded');
  return peaks;
}

try {
  await seedTotpUsers(server.url, 'seeded', tokensUnder(oldKey, users));
  const samples = {
    cryptography: [] as number[],
    cryptographyCpu: [] as number[],
    update: [] as number[],
    byHand: [] as number[],
    byHandCpu: [] as number[],
    rotation: [] as number[],
    rotationCpu: [] as number[],
  };
  const measureByHand = async (): Promise<void> => {
    const { cryptographyMs, cryptographyCpuMs, durationMs, cpuMs } = await rotateByHand();
    samples.cryptography.push(cryptographyMs);
    samples.cryptographyCpu.push(cryptographyCpuMs);
    samples.byHand.push(durationMs);
    samples.byHandCpu.push(cpuMs);
  };
  const measureRotation = async (): Promise<void> => {
    const { durationMs, cpuMs } = await rotate(users);
    samples.rotation.push(durationMs);
    samples.rotationCpu.push(cpuMs);
  };
  for (let round = 0; round < rounds; round += 1) {
    // Whichever comes first, the machine may be busier then.
    const pair = round % 2 === 0 ? [measureByHand, measureRotation] : [measureRotation, measureByHand];
    for (const measure of pair) {
      await measure();
    }
    samples.update.push(await plainUpdate());
  }
  await databases.drop('seeded');
  const isUpdateLarger = median(samples.update) > median(samples.cryptography);
  const areKept = [
    report({
      name: `${users} users: a rotation with claim, read-back and record, against the larger of two (${isUpdateLarger ? 'one bulk UPDATE' : 'the cryptography alone'})`,
      unit: 'ms',
      baseline: isUpdateLarger ? samples.update : samples.cryptography,
      measured: samples.rotation,
      limit: BARE_LIMIT,
      notes: [
        `the cryptography alone: median ${median(samples.cryptography).toFixed(0)} ms`,
        `one bulk UPDATE of the column: median ${median(samples.update).toFixed(0)} ms`,
      ],
    }),
    report({
      name: `${users} users: a rotation against one written by hand, which reads, rotates, writes and reads back`,
      unit: 'ms',
      baseline: samples.byHand,
      measured: samples.rotation,
      limit: LIMIT,
      notes: [],
    }),
    report({
      name: `${users} users: the same, processor time of the two processes`,
      unit: 'CPU ms',
      baseline: samples.byHandCpu,
      measured: samples.rotationCpu,
      limit: LIMIT,
      notes: [],
    }),
    report({
      name: `${users} users: a rotation against the cryptography alone, processor time of the two processes`,
      unit: 'CPU ms',
      baseline: samples.cryptographyCpu,
      measured: samples.rotationCpu,
      limit: LIMIT,
      notes: [],
    }),
    ...(values.memory
      ? [
          report({
            name: 'peak memory of the process: 600,000 users against 200,000',
            unit: 'MB',
            baseline: await peakMemory(200_000),
            measured: await peakMemory(600_000),
            limit: 1.1,
            notes: [],
          }),
        ]
      : []),
  ];
  process.exitCode = areKept.every(Boolean) ? 0 : 1;
} finally {
  await databases.drop('side');
  await server.stop();
}
