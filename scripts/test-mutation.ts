// Changes the source, one small thing at a time, and sees whether a test fails:
//   npm run test:mutation -- --mutate 'src/tasks/**'
// One PostgreSQL serves the whole of it: Jest, started anew for each mutant, finds it in the environment.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startSharedServer } from '../test/support/shared-server.js';

const stopSharedServer = await startSharedServer();
try {
  const stryker = spawn('npx', ['stryker', 'run', ...process.argv.slice(2)], {
    stdio: ['ignore', 'inherit', 'inherit'],
    // Many a mutant keeps something from ever happening.
    env: { TENXYTE_TEST_PATIENCE_MS: '4000', ...process.env },
  });
  const [exitCode] = (await once(stryker, 'exit')) as [number | null];
  process.exitCode = exitCode ?? 1;
} finally {
  await stopSharedServer();
}
