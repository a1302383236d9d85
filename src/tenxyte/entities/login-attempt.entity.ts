import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** One attempt to sign in, kept for lockout and rate limiting. */
@Entity({ name: 'login_attempts', synchronize: false })
export class TenxyteLoginAttempt {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  public id!: string;

  @Column({ name: 'identifier', type: 'varchar', length: 191 })
  public identifier!: string;

  @Column({ name: 'ip_address', type: 'inet' })
  public ipAddress!: string;

  @Column({ name: 'success', type: 'boolean' })
  public success!: boolean;

  @Column({ name: 'failure_reason', type: 'varchar', length: 100 })
  public failureReason!: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  public createdAt!: Date;

  @Column({ name: 'application_id', type: 'bigint', nullable: true })
  public applicationId!: string | null;
}
