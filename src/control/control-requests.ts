import { type AttributedRequest, attributionEntries } from '../contract/attribution.js';
import { strictObject } from '../validation/strict-object.js';
import { validate } from '../validation/validation.js';

/** @throws {MaintenanceConfigError} listing every problem */
export function validateCancellation(request: AttributedRequest): AttributedRequest {
  return validate(
    'Invalid call of cancel()',
    strictObject(attributionEntries, 'an object'),
    request,
  ) as AttributedRequest;
}
