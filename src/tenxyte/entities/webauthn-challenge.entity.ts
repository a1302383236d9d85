import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A WebAuthn challenge handed to a browser for registration or sign-in. */
@Entity({ name: 'webauthn_challenges', synchronize: false })
export class TenxyteWebauthnChallenge {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  public id!: string;

  @Column({ name: 'challenge', type: 'varchar', length: 191 })
  public challenge!: string;

  @Column({ name: 'operation', type: 'varchar', length: 16 })
  public operation!: string;

  @Column({ name: 'is_used', type: 'boolean' })
  public isUsed!: boolean;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  public expiresAt!: Date;

  @Column({ name: 'created_at', type: 'timestamptz' })
  public createdAt!: Date;

  @Column({ name: 'user_id', type: 'bigint', nullable: true })
  public userId!: string | null;
}
