import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** An action of an agent that waits for a person to confirm it. */
@Entity({ name: 'agent_pending_actions', synchronize: false })
export class TenxyteAgentPendingAction {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  public id!: string;

  @Column({ name: 'permission_requested', type: 'varchar', length: 100 })
  public permissionRequested!: string;

  @Column({ name: 'endpoint', type: 'varchar', length: 255 })
  public endpoint!: string;

  @Column({ name: 'payload', type: 'jsonb' })
  public payload!: unknown;

  @Column({ name: 'confirmation_token', type: 'varchar', length: 128 })
  public confirmationToken!: string;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  public expiresAt!: Date;

  @Column({ name: 'confirmed_at', type: 'timestamptz', nullable: true })
  public confirmedAt!: Date | null;

  @Column({ name: 'denied_at', type: 'timestamptz', nullable: true })
  public deniedAt!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  public createdAt!: Date;

  @Column({ name: 'prompt_trace_id', type: 'varchar', length: 128, nullable: true })
  public promptTraceId!: string | null;

  @Column({ name: 'agent_token_id', type: 'bigint' })
  public agentTokenId!: string;
}
