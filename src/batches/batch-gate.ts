import type { QueryRunner } from 'typeorm';

/** What each batch has to pass at the beginning of its transaction, behind the fence. */
export interface BatchGate {
  /** Statements without parameters; an error of theirs ends the batch before anything was deleted. */
  readonly statements: readonly string[];
  /**
   * Called with what a batch failed with, outside any transaction. Answers whether that was the gate, which is open again.
   *
   * @throws what ends the walk when the gate was shut for good
   */
  readonly reopens: (error: unknown, queryRunner: QueryRunner) => Promise<boolean>;
}
