/**
 * Configuration from YAML: reading, checking and following a file.
 *
 * @packageDocumentation
 */

export type { AlertRule, Config, ProviderConfig } from './config/config.js';
export type { Environment } from './config/environments.js';
export { ConfigError, type ConfigIssue } from './config/error.js';
export type { Variables } from './config/interpolate.js';
export { jsonSchema } from './config/json-schema.js';
export {
  type LoadOptions,
  loadConfig,
  type ValidateOptions,
  type Validation,
  validateConfig,
} from './config/load.js';
export { type Profile, type ProfileName, profiles } from './config/profiles.js';
export { type ConfigWatch, type WatchOptions, watchConfig } from './config/watch.js';
export type { FleetOptions } from './fleet/store.js';
