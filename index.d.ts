// Generated from src/ by `npm run types`; do not edit.

/**
 * Thrown by every call that needs the engine when this process has no usable native binary.
 *
 * `code` is `WARMLINE_NATIVE_UNAVAILABLE`; `cause` is what the loader met: no package for this
 * platform, a file that the system refuses to map, or a binary of another version.
 */
export declare class NativeUnavailableError extends Error {
	readonly name: string;
	readonly code: string;
	constructor(cause: unknown);
}
/**
 * Whether the native engine is loaded in this process. Never throws.
 *
 * @example
 * ```ts
 * import { isNativeAvailable } from 'warmline'
 * if (!isNativeAvailable()) console.warn('running without the native engine')
 * ```
 */
export declare function isNativeAvailable(): boolean;

export {};
