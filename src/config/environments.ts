/** The environments that a file can tell apart. */
export const ENVIRONMENTS = ['development', 'test', 'staging', 'production'] as const;

/** The name of a section that holds in one environment alone. */
export type Environment = 'development' | 'test' | 'staging' | 'production';
