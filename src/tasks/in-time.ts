import { MaintenanceError } from '../errors/maintenance.error.js';
import { withoutPrototype } from '../validation/own-properties.js';

/**
 * Waits for a run, but once it is asked to stop no longer than this: not even a database that is silent holds its caller up.
 *
 * @throws {MaintenanceError} `NO_ANSWER` then
 */
export async function inTime<Report>(
  run: Promise<Report>,
  { task, signal, timeoutMs }: { readonly task: string; readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<Report> {
  let timer: NodeJS.Timeout | undefined;
  let arm = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `${task} was asked to stop and did not within ${timeoutMs} ms: what it did is not known`;
    arm = (): void => {
      timer = setTimeout(() => reject(new MaintenanceError('NO_ANSWER', message)), timeoutMs);
    };
  });
  if (signal.aborted) {
    arm();
  }
  signal.addEventListener('abort', arm, withoutPrototype({ once: true }));
  try {
    return await Promise.race([run, late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', arm);
  }
}
