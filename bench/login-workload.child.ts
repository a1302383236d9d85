import { createHash } from 'node:crypto';
import pg from 'pg';
import { quantile } from './statistics.js';

const CLIENTS = 4;
const WARM_UP_LOGINS = 100;
const [, , url, firstLive = '', lastLive = ''] = process.argv;

let isOver = false;
process.stdin.on('end', () => {
  isOver = true;
});
process.stdin.resume();

/** A login: note the attempt, read a live refresh token, renew it. Milliseconds each. */
async function logIn(client: pg.Client): Promise<number> {
  const number = Number(firstLive) + Math.floor(Math.random() * (Number(lastLive) - Number(firstLive)));
  const token = createHash('sha256').update(String(number)).digest('hex');
  const startedAt = performance.now();
  await client.query(
    `insert into login_attempts (identifier, ip_address, success, failure_reason, created_at, application_id)
     values ($1, '10.0.0.1', true, '', now(), 1)`,
    [`user${number}@example.com`],
  );
  await client.query('select id, user_id, expires_at, is_revoked from refresh_tokens where token = $1', [token]);
  await client.query('update refresh_tokens set last_used_at = now() where token = $1', [token]);
  return performance.now() - startedAt;
}

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (let login = 0; login < WARM_UP_LOGINS; login += 1) {
    await logIn(client);
  }
  return client;
}

async function logInUntilOver(client: pg.Client, latencies: number[]): Promise<void> {
  while (!isOver) {
    latencies.push(await logIn(client));
  }
  await client.end();
}

const clients = await Promise.all(Array.from({ length: CLIENTS }, connected));
console.log('ready');
const latencies: number[] = [];
await Promise.all(clients.map((client) => logInUntilOver(client, latencies)));
console.log(
  JSON.stringify({
    logins: latencies.length,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    longest: Math.max(...latencies),
  }),
);
