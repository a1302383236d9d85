/**
 * Jest loads its global hooks outside its own transformation, so that TypeScript needs a loader here. Whoever starts Jest many times may
 * have started the server once.
 */
export default async function globalSetup() {
  if (process.env.TENXYTE_TEST_TEMPLATE === undefined) {
    await import('@swc-node/register/esm-register');
    const { startSharedServer } = await import('./shared-server.ts');
    globalThis.stopSharedServer = await startSharedServer();
    // Tests that run within this process would take it for that of their own TypeORM, which may be another one.
    delete globalThis.typeormMetadataArgsStorage;
  }
}
