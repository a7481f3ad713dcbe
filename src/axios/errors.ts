import type { WarmlineError } from '../native/error.js';
import type { AxiosInstance, AxiosResponse, Config } from './instance.js';

/** axios's class for all errors but a cancellation. */
export interface AxiosErrorClass {
  new (
    message: string,
    code: string | undefined,
    config: Config,
    request?: object,
    response?: AxiosResponse,
  ): Error;
  from(
    error: unknown,
    code: null,
    config: Config,
    request?: object,
    response?: AxiosResponse,
  ): Error;
}

type CanceledErrorClass = new (message: null, config: Config, request: object) => Error;

/** The error classes of an axios. */
export interface AxiosErrors {
  readonly AxiosError: AxiosErrorClass;
  readonly CanceledError: CanceledErrorClass;
}

/**
 * Finds them. An instance does not show them, but throws them: for an option that makes no sense and for what
 * was cancelled before it was sent. Nothing is sent.
 */
export async function errorsOf(bare: AxiosInstance): Promise<AxiosErrors> {
  const url = 'http://localhost';
  const adapter = () => Promise.reject(new Error('nothing is sent'));
  const classOf = async (config: object) =>
    await bare({ url, adapter, ...config }).then(
      () => undefined,
      (error: Error) => error.constructor,
    );
  return {
    AxiosError: (await classOf({ transitional: { silentJSONParsing: '' } })) as AxiosErrorClass,
    CanceledError: (await classOf({ signal: AbortSignal.abort() })) as CanceledErrorClass,
  };
}

/** What `node:http` calls what undici has names for: retries and alarms are written for those. */
const NODE_CODES: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: 'ECONNRESET',
  UND_ERR_CONNECT_TIMEOUT: 'ETIMEDOUT',
};

/** A failure as `node:http` would have it, for axios to wrap. */
export function nodeError(cause: WarmlineError): Error {
  const code = NODE_CODES[cause.code] ?? cause.code;
  return Object.assign(new Error(cause.message, { cause }), { code });
}

/** Why a request took too long, in axios's words. */
export function timeoutError({ AxiosError }: AxiosErrors, config: Config, request: object): Error {
  const { timeout, timeoutErrorMessage, transitional } = config;
  const message = timeoutErrorMessage || `timeout of ${timeout}ms exceeded`;
  const code = transitional?.clarifyTimeoutError ? 'ETIMEDOUT' : 'ECONNABORTED';
  return new AxiosError(message, code, config, request);
}

export function tooLarge({ AxiosError }: AxiosErrors, config: Config, request: object): Error {
  const message = `maxContentLength size of ${config.maxContentLength} exceeded`;
  return new AxiosError(message, 'ERR_BAD_RESPONSE', config, request);
}
