import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A JWT revoked before its expiry; the row is useless once the JWT itself has expired. */
@Entity({ name: 'blacklisted_tokens', synchronize: false })
export class TenxyteBlacklistedToken {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  public id!: string;

  @Column({ name: 'token_jti', type: 'varchar', length: 191 })
  public tokenJti!: string;

  @Column({ name: 'blacklisted_at', type: 'timestamptz' })
  public blacklistedAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  public expiresAt!: Date;

  @Column({ name: 'reason', type: 'varchar', length: 100 })
  public reason!: string;

  @Column({ name: 'user_id', type: 'bigint', nullable: true })
  public userId!: string | null;
}
