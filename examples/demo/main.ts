import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onDatabase } from '../../test/support/on-database.js';
import { seedDatabase } from '../../test/support/seed.js';
import { insertAgents } from '../../test/support/seed-agents.js';
import { startTestServer, urlOfDatabase } from '../../test/support/server.js';
import { serveDashboard } from './serve.js';
import { dropDatabase } from '../../test/support/tenxyte-database.js';

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const DATABASE = 'tenxyte_maintenance_demo';
const TABLES = [
  { table: 'blacklisted_tokens', rows: 15_000, dueFraction: 0.6 },
  { table: 'magic_link_tokens', rows: 5_000, dueFraction: 0.9 },
  { table: 'otp_codes', rows: 10_000, dueFraction: 0.95 },
  { table: 'refresh_tokens', rows: 20_000, dueFraction: 0.3 },
  { table: 'login_attempts', rows: 40_000, dueFraction: 0.5 },
  { table: 'audit_logs', rows: 30_000, dueFraction: 0.02 },
] as const;
const AGENTS = { agents: 200, overdueEvery: 50 } as const;

const server = await startTestServer();
try {
  await showAll(server.url);
  if (process.argv.includes('--serve')) {
    await serve(server.url);
  }
} finally {
  await server.stop();
}

async function showAll(serverUrl: string): Promise<void> {
  say('A PostgreSQL server is running. Creating the tables of Tenxyte and some 120,000 rows ...');
  await dropDatabase(serverUrl, DATABASE);
  await seedDatabase(serverUrl, DATABASE, TABLES);
  const url = urlOfDatabase(serverUrl, DATABASE);
  await onDatabase(url, (client) => insertAgents(client, AGENTS));
  await showRows(url, 'Rows before');
  await show(url, 'migrate');
  await show(url, 'doctor');
  await show(url, 'cleanup', '--dry-run');
  await show(url, 'cleanup');
  await showRows(url, 'Rows left: all of them live');
  await show(url, 'check-heartbeats');
  await dropDatabase(serverUrl, DATABASE);
}

/** Until Ctrl-C. */
async function serve(serverUrl: string): Promise<void> {
  say('Creating a database with some days behind it, for the dashboard ...');
  await dropDatabase(serverUrl, DATABASE);
  const { url, close } = await serveDashboard(serverUrl, DATABASE, urlOfDatabase(serverUrl, DATABASE));
  say(`The dashboard is at ${url} until you press Ctrl-C.`);
  await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));
  await close();
  await dropDatabase(serverUrl, DATABASE);
}

/** Runs the command line as a user would, with its output going where this program's goes. */
async function show(url: string, ...parameters: string[]): Promise<void> {
  say(`$ tenxyte-maintenance ${parameters.join(' ')}`);
  const child = spawn(process.execPath, [COMMAND, ...parameters], {
    stdio: 'inherit',
    env: { ...process.env, DATABASE_URL: url },
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) {
    throw new Error(`tenxyte-maintenance ${parameters.join(' ')} ended with ${code}`);
  }
}

async function showRows(url: string, title: string): Promise<void> {
  say(title);
  for (const { table } of TABLES) {
    const { rows } = await onDatabase(url, (client) =>
      client.query<{ count: string }>(`select count(*) from ${table}`),
    );
    console.log(`  ${table.padEnd(20)} ${Number(rows[0]?.count).toLocaleString('en').padStart(8)}`);
  }
}

function say(text: string): void {
  console.log(`\n${text}`);
}
