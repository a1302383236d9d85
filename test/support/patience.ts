/**
 * Milliseconds after which a test no longer waits for what should have come: long, as a machine may be busy; shorter while mutants are
 * tried.
 */
export const TIMEOUT_MS = Number(process.env['TENXYTE_TEST_PATIENCE_MS'] ?? 20_000);
