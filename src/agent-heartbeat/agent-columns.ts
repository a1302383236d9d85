import type { NeededColumn } from '../batches/assert-batchable.js';
import type { TenxyteEntityProperty } from '../tenxyte/tenxyte-entities.js';

type AgentTokenProperty = TenxyteEntityProperty<'AgentToken'>;

/** The points in time by which a token is judged. */
export const TIME_PROPERTIES = ['createdAt', 'lastHeartbeatAt', 'expiresAt'] as const satisfies AgentTokenProperty[];

/** What a suspension writes. */
export const WRITTEN_PROPERTIES = ['status', 'suspendedAt', 'suspendedReason'] as const satisfies AgentTokenProperty[];

/** What is read beside the times. Never the token itself. */
const OTHER_PROPERTIES = ['id', 'agentId', 'heartbeatRequiredEvery'] as const satisfies AgentTokenProperty[];

/** Every property that the monitor reads. */
export const READ_PROPERTIES = [...TIME_PROPERTIES, ...OTHER_PROPERTIES, 'status'] as const;

/** Every column that the monitor touches, with the type it must have. */
export const AGENT_COLUMNS: readonly NeededColumn[] = [
  ...[...TIME_PROPERTIES, 'suspendedAt'].map((property) => ({ property, type: 'timestamp with time zone' as const })),
  ...[...OTHER_PROPERTIES, 'status', 'suspendedReason'].map((property) => ({ property, type: undefined })),
];
