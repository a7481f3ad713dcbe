/**
 * Numbers that suit a provider, in the words of the configuration file, each with its reason. What a file
 * says of the provider goes before them. Limits of requests and tokens are an account's and not a
 * provider's, so that there are none.
 */

/** What a profile says of its provider. Durations are seconds. */
export interface Profile {
  /** Where the provider is; left out where it is the account's own. */
  readonly base_url?: string;
  readonly connection_pool: {
    readonly pool_limits: {
      readonly max_connections: number;
      readonly max_keepalive_connections: number;
      readonly keepalive_expiry: number;
    };
    readonly timeout: {
      readonly connect: number;
      readonly first_byte: number;
      readonly idle: number;
      readonly total?: number;
    };
    readonly retry: {
      readonly attempts: number;
      readonly backoff_factor: number;
      readonly backoff_max_delay?: number;
      readonly retry_status_codes?: readonly number[];
    };
    readonly proxy?: false;
  };
}

/** The name of a profile. */
export type ProfileName =
  | 'openai'
  | 'anthropic'
  | 'azure_openai'
  | 'google'
  | 'mistral'
  | 'groq'
  | 'ollama'
  | 'vllm';

/** The official SDKs of OpenAI, Anthropic and Groq try twice again, after 0.5 to 8 seconds, and for 409, too. */
const SDK_RETRY = {
  attempts: 2,
  backoff_factor: 0.5,
  backoff_max_delay: 8,
  retry_status_codes: [408, 409, 429, 500, 502, 503, 504],
};

/**
 * Cloudflare, which OpenAI, Anthropic and Groq answer through, keeps idle connections of clients for 400
 * seconds; NAT gateways of the large clouds forget silent ones after 350. Less than either.
 */
const BEHIND_CLOUDFLARE = 300;

/**
 * The SDKs' own deadline for all of a request is ten minutes. An answer that is not streamed comes at its
 * end, so that its first byte may take as long; a stream of a model that thinks is silent for minutes.
 */
const PATIENT = { connect: 5, first_byte: 600, idle: 300, total: 600 };

export const profiles: Readonly<Record<ProfileName, Profile>> = {
  openai: {
    base_url: 'https://api.openai.com',
    connection_pool: {
      // By HTTP/2, where one connection carries many requests: there are rarely more than a few.
      pool_limits: {
        max_connections: 100,
        max_keepalive_connections: 20,
        keepalive_expiry: BEHIND_CLOUDFLARE,
      },
      timeout: PATIENT,
      retry: SDK_RETRY,
    },
  },
  anthropic: {
    base_url: 'https://api.anthropic.com',
    connection_pool: {
      pool_limits: {
        max_connections: 100,
        max_keepalive_connections: 20,
        keepalive_expiry: BEHIND_CLOUDFLARE,
      },
      // Its streams have ping events between the others, so that a silent one is a broken one sooner.
      timeout: { ...PATIENT, idle: 120 },
      // 529 is its word for overloaded.
      retry: { ...SDK_RETRY, retry_status_codes: [...SDK_RETRY.retry_status_codes, 529] },
    },
  },
  azure_openai: {
    connection_pool: {
      // Azure's load balancers drop a flow that was idle for 4 minutes, and say nothing of it.
      pool_limits: {
        max_connections: 100,
        max_keepalive_connections: 20,
        keepalive_expiry: 200,
      },
      timeout: PATIENT,
      retry: SDK_RETRY,
    },
  },
  google: {
    base_url: 'https://generativelanguage.googleapis.com',
    connection_pool: {
      // Google's front ends keep idle connections for 610 seconds; the NAT gateways' 350 are the limit.
      pool_limits: {
        max_connections: 100,
        max_keepalive_connections: 20,
        keepalive_expiry: 300,
      },
      timeout: PATIENT,
      retry: SDK_RETRY,
    },
  },
  mistral: {
    base_url: 'https://api.mistral.ai',
    connection_pool: {
      // No limit is documented: less than the 60 seconds that are the default of common load balancers.
      pool_limits: {
        max_connections: 100,
        max_keepalive_connections: 20,
        keepalive_expiry: 55,
      },
      timeout: PATIENT,
      retry: SDK_RETRY,
    },
  },
  groq: {
    base_url: 'https://api.groq.com',
    connection_pool: {
      pool_limits: {
        max_connections: 100,
        max_keepalive_connections: 20,
        keepalive_expiry: BEHIND_CLOUDFLARE,
      },
      // Made for speed: its SDK gives up after a minute in all.
      timeout: { connect: 5, first_byte: 60, idle: 30, total: 60 },
      retry: SDK_RETRY,
    },
  },
  ollama: {
    base_url: 'http://127.0.0.1:11434',
    connection_pool: {
      // It answers one request at a time for each model unless told otherwise: more only wait in its queue.
      pool_limits: {
        max_connections: 8,
        max_keepalive_connections: 8,
        keepalive_expiry: 300,
      },
      // On this machine. A model may take 5 minutes to load (OLLAMA_LOAD_TIMEOUT), and a long prompt minutes more.
      timeout: { connect: 1, first_byte: 600, idle: 300 },
      // It answers 503 once its queue is full, and would be as full a moment later.
      retry: { attempts: 1, backoff_factor: 1, retry_status_codes: [408, 429, 500, 502, 504] },
      proxy: false,
    },
  },
  vllm: {
    base_url: 'http://127.0.0.1:8000',
    connection_pool: {
      // As many sequences as it decodes at once by default, each on a connection of its own by HTTP/1.1.
      // It closes connections that were idle for 5 seconds (VLLM_HTTP_TIMEOUT_KEEP_ALIVE).
      pool_limits: {
        max_connections: 256,
        max_keepalive_connections: 64,
        keepalive_expiry: 4,
      },
      timeout: { connect: 1, first_byte: 600, idle: 120 },
      retry: { attempts: 2, backoff_factor: 0.5, backoff_max_delay: 8 },
      proxy: false,
    },
  },
};

export const PROFILE_NAMES = Object.keys(profiles) as [ProfileName, ...ProfileName[]];
