import { MaintenanceConfigError } from '../errors/maintenance-config.error.js';
import { inheritedNames } from '../validation/own-properties.js';
import { INHERITED_KEY } from '../validation/strict-object.js';
import { TenxyteAgentPendingAction } from './entities/agent-pending-action.entity.js';
import { TenxyteAgentToken } from './entities/agent-token.entity.js';
import { TenxyteAuditLog } from './entities/audit-log.entity.js';
import { TenxyteBlacklistedToken } from './entities/blacklisted-token.entity.js';
import { TenxyteLoginAttempt } from './entities/login-attempt.entity.js';
import { TenxyteMagicLinkToken } from './entities/magic-link-token.entity.js';
import { TenxyteOrganizationInvitation } from './entities/organization-invitation.entity.js';
import { TenxyteOrganizationMembership } from './entities/organization-membership.entity.js';
import { TenxyteOtpCode } from './entities/otp-code.entity.js';
import { TenxyteRefreshToken } from './entities/refresh-token.entity.js';
import { TenxyteUser } from './entities/user.entity.js';
import { TenxyteWebauthnChallenge } from './entities/webauthn-challenge.entity.js';

/**
 * The entity classes of the Tenxyte tables this package works on, by the name under which a host may replace each. TypeORM and
 * `@nestjs/typeorm` find entities by the name of their class too: the prefix leaves a host its own `User`.
 */
export const TENXYTE_ENTITIES = {
  BlacklistedToken: TenxyteBlacklistedToken,
  MagicLinkToken: TenxyteMagicLinkToken,
  OtpCode: TenxyteOtpCode,
  RefreshToken: TenxyteRefreshToken,
  LoginAttempt: TenxyteLoginAttempt,
  AuditLog: TenxyteAuditLog,
  AgentToken: TenxyteAgentToken,
  AgentPendingAction: TenxyteAgentPendingAction,
  WebauthnChallenge: TenxyteWebauthnChallenge,
  OrganizationInvitation: TenxyteOrganizationInvitation,
  OrganizationMembership: TenxyteOrganizationMembership,
  User: TenxyteUser,
} as const;

/** The name of a Tenxyte entity, such as `RefreshToken`. */
export type TenxyteEntityName = keyof typeof TENXYTE_ENTITIES;

/** The property names of a Tenxyte entity, such as `expiresAt`. */
export type TenxyteEntityProperty<Name extends TenxyteEntityName> = keyof InstanceType<
  (typeof TENXYTE_ENTITIES)[Name]
> &
  string;

/** A class that TypeORM knows as an entity. */
export type EntityClass = abstract new (...parameters: never[]) => object;

/** The host's own entity classes, each in place of this package's class under that name. */
export type EntityReplacements = Readonly<Partial<Record<TenxyteEntityName, EntityClass>>>;

/** Every entity in force, by name. */
export type EntityClasses = Readonly<Record<TenxyteEntityName, EntityClass>>;

/**
 * The classes in force: the host's where it gives one, else this package's.
 *
 * @throws {MaintenanceConfigError} for a name that is no Tenxyte entity or is inherited, which would otherwise silently replace nothing
 */
export function entityClasses(replacements: EntityReplacements = {}): EntityClasses {
  const names = Object.keys(TENXYTE_ENTITIES);
  const unknown = Object.keys(replacements).filter((name) => !names.includes(name));
  const problems = [
    ...unknown.map((name) => ({ name, received: 'not a Tenxyte entity', accepted: `one of ${names.join(', ')}` })),
    ...inheritedNames(replacements, names).map((name) => ({ name, ...INHERITED_KEY })),
  ].map(({ name, ...problem }) => ({ path: `entities.${name}`, ...problem }));
  if (problems.length > 0) {
    throw new MaintenanceConfigError('Invalid entities of TenxyteMaintenanceModule', problems);
  }
  return { ...TENXYTE_ENTITIES, ...replacements };
}

/** DI token of the {@link EntityClasses} in force. */
export const ENTITY_CLASSES = Symbol('TENXYTE_MAINTENANCE_ENTITY_CLASSES');
