import '@swc-node/register/esm-register';

/** Jest loads its global hooks outside its own transformation, so that TypeScript needs a loader here. */
export default async function globalSetup() {
  const { startSharedServer } = await import('./shared-server.ts');
  globalThis.stopSharedServer = await startSharedServer();
}
