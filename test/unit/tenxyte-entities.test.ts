import { describe, expect, it } from '@jest/globals';
import { entityClasses, TENXYTE_ENTITIES } from '../../src/tenxyte/tenxyte-entities.js';

describe('the entity classes', () => {
  it('are those of this package when the host gives none', () => {
    expect(entityClasses()).toEqual(TENXYTE_ENTITIES);
  });
});
