import { RetentionProvider } from './retention-provider.js';
import type { RetentionPolicy } from './retention-policy.js';

/** Serves one policy that never changes: what plain values in `retention` become. */
export class StaticRetentionProvider extends RetentionProvider {
  public constructor(private readonly policy: RetentionPolicy) {
    super();
  }

  public override getRetention(): RetentionPolicy {
    return this.policy;
  }
}
