import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

/** Names this process in the runs table: host (in Kubernetes the pod), process id and a random part, as both may come again. */
export function newRunOwner(): string {
  return `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
}
