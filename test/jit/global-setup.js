/** The server counts what it compiles, within triggers and referential checks too. */
const COUNTING = { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track': 'all' };

/** Jest loads its global hooks outside its own transformation, so that TypeScript needs a loader here. */
export default async function globalSetup() {
  await import('@swc-node/register/esm-register');
  const { startSharedServer } = await import('../support/shared-server.ts');
  const { startJitServer } = await import('../support/jit-server.ts');
  globalThis.stopSharedServer = await startSharedServer((settings) =>
    startJitServer({ settings: { ...settings, ...COUNTING } }),
  );
}
