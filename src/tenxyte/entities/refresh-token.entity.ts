import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A refresh token; `token` is a SHA-256 hash in hexadecimal. Tenxyte keeps no time of revocation. */
@Entity({ name: 'refresh_tokens', synchronize: false })
export class TenxyteRefreshToken {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  public id!: string;

  @Column({ name: 'token', type: 'varchar', length: 191 })
  public token!: string;

  @Column({ name: 'device_info', type: 'varchar', length: 255 })
  public deviceInfo!: string;

  @Column({ name: 'ip_address', type: 'inet', nullable: true })
  public ipAddress!: string | null;

  @Column({ name: 'is_revoked', type: 'boolean' })
  public isRevoked!: boolean;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  public expiresAt!: Date;

  @Column({ name: 'created_at', type: 'timestamptz' })
  public createdAt!: Date;

  @Column({ name: 'last_used_at', type: 'timestamptz' })
  public lastUsedAt!: Date;

  @Column({ name: 'application_id', type: 'bigint' })
  public applicationId!: string;

  @Column({ name: 'user_id', type: 'bigint' })
  public userId!: string;
}
