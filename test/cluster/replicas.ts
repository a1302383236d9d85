import { afterAll } from '@jest/globals';
import type { ReplicaOptions } from './running-replica.js';
import { RunningReplica } from './running-replica.js';

/** Starts replicas. */
export interface Replicas {
  /** Starts replicas, lets them boot all at once and waits until each is ready. */
  start(count: number, url: string, options: ReplicaOptions): Promise<readonly RunningReplica[]>;
}

/** Lets tests start replicas; those still there at the file's end are killed. */
export function useReplicas(): Replicas {
  const started: RunningReplica[] = [];
  afterAll(async () => {
    await Promise.all(started.splice(0).map((replica) => replica.kill()));
  });
  return {
    start: async (count, url, options) => {
      const replicas = Array.from({ length: count }, () => new RunningReplica(url, options));
      started.push(...replicas);
      await Promise.all(replicas.map((replica) => replica.tells('loaded')));
      await Promise.all(replicas.map((replica) => replica.boot()));
      return replicas;
    },
  };
}
