import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** An AI agent's token. `status` is ACTIVE, SUSPENDED, REVOKED or EXPIRED. */
@Entity({ name: 'agent_tokens', synchronize: false })
export class TenxyteAgentToken {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  public id!: string;

  @Column({ name: 'token', type: 'varchar', length: 128 })
  public token!: string;

  @Column({ name: 'agent_id', type: 'varchar', length: 100 })
  public agentId!: string;

  @Column({ name: 'status', type: 'varchar', length: 20 })
  public status!: string;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  public expiresAt!: Date;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  public revokedAt!: Date | null;

  @Column({ name: 'suspended_at', type: 'timestamptz', nullable: true })
  public suspendedAt!: Date | null;

  @Column({ name: 'suspended_reason', type: 'varchar', length: 30, nullable: true })
  public suspendedReason!: string | null;

  @Column({ name: 'max_requests_per_minute', type: 'integer' })
  public maxRequestsPerMinute!: number;

  @Column({ name: 'max_requests_total', type: 'integer' })
  public maxRequestsTotal!: number;

  @Column({ name: 'current_request_count', type: 'integer' })
  public currentRequestCount!: number;

  @Column({ name: 'max_failed_requests', type: 'integer' })
  public maxFailedRequests!: number;

  @Column({ name: 'current_failed_count', type: 'integer' })
  public currentFailedCount!: number;

  @Column({ name: 'heartbeat_required_every', type: 'integer', nullable: true })
  public heartbeatRequiredEvery!: number | null;

  @Column({ name: 'last_heartbeat_at', type: 'timestamptz', nullable: true })
  public lastHeartbeatAt!: Date | null;

  @Column({ name: 'budget_limit_usd', type: 'numeric', precision: 10, scale: 4, nullable: true })
  public budgetLimitUsd!: string | null;

  @Column({ name: 'current_spend_usd', type: 'numeric', precision: 10, scale: 4 })
  public currentSpendUsd!: string;

  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true })
  public lastUsedAt!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  public createdAt!: Date;

  @Column({ name: 'application_id', type: 'bigint' })
  public applicationId!: string;

  @Column({ name: 'organization_id', type: 'bigint', nullable: true })
  public organizationId!: string | null;

  @Column({ name: 'revoked_by_id', type: 'bigint', nullable: true })
  public revokedById!: string | null;

  @Column({ name: 'triggered_by_id', type: 'bigint' })
  public triggeredById!: string;
}
