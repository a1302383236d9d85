import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** One security event of the audit trail. */
@Entity({ name: 'audit_logs', synchronize: false })
export class TenxyteAuditLog {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  public id!: string;

  @Column({ name: 'action', type: 'varchar', length: 50 })
  public action!: string;

  @Column({ name: 'ip_address', type: 'inet', nullable: true })
  public ipAddress!: string | null;

  @Column({ name: 'user_agent', type: 'varchar', length: 500 })
  public userAgent!: string;

  @Column({ name: 'details', type: 'jsonb' })
  public details!: unknown;

  @Column({ name: 'created_at', type: 'timestamptz' })
  public createdAt!: Date;

  @Column({ name: 'application_id', type: 'bigint', nullable: true })
  public applicationId!: string | null;

  @Column({ name: 'user_id', type: 'bigint', nullable: true })
  public userId!: string | null;

  @Column({ name: 'agent_token_id', type: 'bigint', nullable: true })
  public agentTokenId!: string | null;

  @Column({ name: 'on_behalf_of_id', type: 'bigint', nullable: true })
  public onBehalfOfId!: string | null;

  @Column({ name: 'prompt_trace_id', type: 'varchar', length: 128, nullable: true })
  public promptTraceId!: string | null;
}
