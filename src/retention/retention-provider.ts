import type { RetentionPolicy } from './retention-policy.js';

/**
 * Decides how long records are kept. Asked at the start of every run, so that a policy kept in a database or behind a feature
 * flag takes effect without a restart. What it answers is validated like the options; when it throws or has not
 * answered after 30 seconds, the run fails before anything is deleted.
 */
export abstract class RetentionProvider {
  public abstract getRetention(): RetentionPolicy | Promise<RetentionPolicy>;
}

/** Serves one policy that never changes: what plain values in `retention` become. */
export class StaticRetentionProvider extends RetentionProvider {
  public constructor(private readonly policy: RetentionPolicy) {
    super();
  }

  public override getRetention(): RetentionPolicy {
    return this.policy;
  }
}
