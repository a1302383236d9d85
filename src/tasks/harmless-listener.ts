import type { LoggerService } from '@nestjs/common';
import { errorMessage } from '../errors/error-message.js';

/** Wraps a progress listener so that nothing it throws reaches the run: its first error is logged, later ones are ignored. */
export function harmlessListener<Progress>(
  listener: ((progress: Progress) => void) | undefined,
  logger: LoggerService,
): (progress: Progress) => void {
  let hasFailed = false;
  return (progress) => {
    try {
      listener?.(progress);
    } catch (error) {
      if (!hasFailed) {
        logger.warn(`onProgress threw, the run goes on: ${errorMessage(error)}`);
      }
      hasFailed = true;
    }
  };
}
