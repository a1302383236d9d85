import { randomUUID } from 'node:crypto';
import { startTestServer, type TestServer } from './server.js';
import { createTenxyteDatabase, dropDatabase } from './tenxyte-database.js';

/**
 * A cleanup ends once the disk has what it committed. Where every commit may come late, that takes the server's WAL writer 0.2 s, time
 * after time; without fsync a commit on time costs next to nothing.
 */
const PROMPT_COMMITS = { synchronous_commit: 'on' };

/**
 * Starts one server for a whole test run, with one database that has Tenxyte's tables and that each test file copies. Answers how
 * to stop it, leaving a given server as it was.
 */
export async function startSharedServer(
  startServer: (settings: Readonly<Record<string, string>>) => Promise<TestServer> = startTestServer,
): Promise<() => Promise<void>> {
  const server = await startServer(PROMPT_COMMITS);
  const template = `tenxyte_template_${randomUUID().slice(0, 8)}`;
  await createTenxyteDatabase(server.url, template);
  process.env['TENXYTE_TEST_SERVER'] = server.url;
  process.env['TENXYTE_TEST_TEMPLATE'] = template;
  return async () => {
    await dropDatabase(server.url, template);
    await server.stop();
  };
}
