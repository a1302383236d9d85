import type { BenchDatabases } from '../databases.js';

/** What a scenario works with. */
export interface BenchContext {
  readonly serverUrl: string;
  readonly databases: BenchDatabases;
  /** How often each side runs. */
  readonly rounds: number;
  /** Scales the rows of every scenario: 1 is the size the limits are stated for. */
  readonly scale: number;
}

/** Measures something and prints it; answers whether every limit was kept. */
export type Scenario = (context: BenchContext) => Promise<boolean>;
