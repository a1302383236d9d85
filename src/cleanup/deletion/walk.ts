import type { WalkStrategy } from '../../batches/walk.js';

/** How the due rows of a heap are found: page by page, or along an index on their age. */
export type DeletionStrategy = WalkStrategy;
