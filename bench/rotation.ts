import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { encryptFernet, openFernet } from '../src/totp-key-rotation/fernet/fernet.js';
import { FernetKey } from '../src/totp-key-rotation/fernet/fernet-key.js';
import { onDatabase } from '../test/support/on-database.js';
import { startChild } from './child.js';
import { report } from './comparison.js';
import { BenchDatabases } from './databases.js';
import { startBenchServer } from './server.js';
import { median, timed } from './statistics.js';
import { PLAIN_UPDATE, seedTotpUsers, tokensUnder } from './totp-users.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, users: { type: 'string', default: '100000' } },
});
const rounds = Number(values.rounds);
const users = Number(values.users);
const [newKey, oldKey] = [FernetKey.generate(), FernetKey.generate()];

const resultSchema = v.object({
  rotated: v.number(),
  safeToRetirePreviousKeys: v.literal(true),
  durationMs: v.number(),
  peakKilobytes: v.number(),
});

const server = await startBenchServer();
const databases = new BenchDatabases(server.url);

/** Each token decrypted and encrypted anew, one after the other: what the cryptography itself takes. */
function bareLoop(tokens: readonly string[]): void {
  const [first, second] = [FernetKey.parse(newKey), FernetKey.parse(oldKey)];
  for (const token of tokens) {
    const content = openFernet(second, token);
    if (content === undefined) {
      throw new Error('a token cannot be opened');
    }
    encryptFernet(first, content.plaintext, content);
  }
}

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
  const tokens = tokensUnder(oldKey, users);
  await seedTotpUsers(server.url, 'seeded', tokens);
  bareLoop(tokens);
  const samples = { loop: [] as number[], update: [] as number[], rotation: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    samples.loop.push(await timed(async () => bareLoop(tokens)));
    samples.update.push(await plainUpdate());
    samples.rotation.push((await rotate(users)).durationMs);
  }
  await databases.drop('seeded');
  const isUpdateLarger = median(samples.update) > median(samples.loop);
  const areKept = [
    report({
      name: `${users} users: a rotation with claim, read-back and record, against the larger of two (${isUpdateLarger ? 'one bulk UPDATE' : 'the bare loop'})`,
      unit: 'ms',
      baseline: isUpdateLarger ? samples.update : samples.loop,
      measured: samples.rotation,
      limit: 1.3,
      notes: [
        `bare decrypt-and-encrypt loop: median ${median(samples.loop).toFixed(0)} ms`,
        `one bulk UPDATE of the column: median ${median(samples.update).toFixed(0)} ms`,
      ],
    }),
    report({
      name: 'peak memory of the process: 600,000 users against 200,000',
      unit: 'MB',
      baseline: await peakMemory(200_000),
      measured: await peakMemory(600_000),
      limit: 1.1,
      notes: [],
    }),
  ];
  process.exitCode = areKept.every(Boolean) ? 0 : 1;
} finally {
  await databases.drop('side');
  await server.stop();
}
