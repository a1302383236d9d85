import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A passwordless sign-in link; `token` is a SHA-256 hash in hexadecimal. */
@Entity({ name: 'magic_link_tokens', synchronize: false })
export class TenxyteMagicLinkToken {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  public id!: string;

  @Column({ name: 'token', type: 'varchar', length: 191 })
  public token!: string;

  @Column({ name: 'ip_address', type: 'inet', nullable: true })
  public ipAddress!: string | null;

  @Column({ name: 'is_used', type: 'boolean' })
  public isUsed!: boolean;

  @Column({ name: 'used_at', type: 'timestamptz', nullable: true })
  public usedAt!: Date | null;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  public expiresAt!: Date;

  @Column({ name: 'created_at', type: 'timestamptz' })
  public createdAt!: Date;

  @Column({ name: 'application_id', type: 'bigint', nullable: true })
  public applicationId!: string | null;

  @Column({ name: 'user_id', type: 'bigint' })
  public userId!: string;

  @Column({ name: 'user_agent', type: 'varchar', length: 255, nullable: true })
  public userAgent!: string | null;
}
