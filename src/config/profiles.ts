/**
 * Numbers that suit a provider, in the words of the configuration file, each with its reason. What a file
 * says of the provider goes before them. Limits of requests and tokens are an account's and not a
 * provider's, so that there are none.
 */

/** What a profile says of its provider. Durations are seconds. */
export interface Profile {
  /** Where the provider is; left out where it is the account's own. */
  readonly base_url?: string;
  /** Why these numbers: sentences, for people. */
  readonly reasons: readonly string[];
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

const SDK_RETRY = {
  reason:
    'The official SDKs of OpenAI, Anthropic and Groq try twice again, after 0.5 to 8 seconds, and for 409, too.',
  retry: {
    attempts: 2,
    backoff_factor: 0.5,
    backoff_max_delay: 8,
    retry_status_codes: [408, 409, 429, 500, 502, 503, 504],
  },
};

const BEHIND_CLOUDFLARE = {
  reason:
    'Cloudflare, which OpenAI, Anthropic and Groq answer through, keeps idle connections of clients for 400 seconds, and NAT gateways of the large clouds forget silent ones after 350: less than either.',
  seconds: 300,
};

const PATIENT = {
  reason:
    "The SDKs' own deadline for all of a request is ten minutes. An answer that is not streamed comes at its end, so that its first byte may take as long; a stream of a model that thinks is silent for minutes.",
  timeout: { connect: 5, first_byte: 600, idle: 300, total: 600 },
};

const BY_HTTP2 =
  'By HTTP/2, where one connection carries many requests, there are rarely more than a few: the limits are for what has to go by HTTP/1.1.';

export const profiles: Readonly<Record<ProfileName, Profile>> = {
  openai: {
    base_url: 'https://api.openai.com',
    reasons: [BY_HTTP2, BEHIND_CLOUDFLARE.reason, PATIENT.reason, SDK_RETRY.reason],
    connection_pool: {
      pool_limits: {
        max_connections: 100,
        max_keepalive_connections: 30,
        keepalive_expiry: BEHIND_CLOUDFLARE.seconds,
      },
      timeout: PATIENT.timeout,
      retry: SDK_RETRY.retry,
    },
  },
  anthropic: {
    base_url: 'https://api.anthropic.com',
    reasons: [
      BY_HTTP2,
      BEHIND_CLOUDFLARE.reason,
      PATIENT.reason,
      'Its streams have ping events between the others, so that a silent one is a broken one sooner.',
      SDK_RETRY.reason,
      '529 is its word for overloaded.',
    ],
    connection_pool: {
      pool_limits: {
        max_connections: 80,
        max_keepalive_connections: 25,
        keepalive_expiry: BEHIND_CLOUDFLARE.seconds,
      },
      timeout: { ...PATIENT.timeout, idle: 120 },
      retry: {
        ...SDK_RETRY.retry,
        retry_status_codes: [...SDK_RETRY.retry.retry_status_codes, 529],
      },
    },
  },
  azure_openai: {
    reasons: [
      BY_HTTP2,
      "Azure's load balancers drop a flow that was idle for 4 minutes, and say nothing of it.",
      PATIENT.reason,
      SDK_RETRY.reason,
    ],
    connection_pool: {
      pool_limits: {
        max_connections: 100,
        max_keepalive_connections: 20,
        keepalive_expiry: 200,
      },
      timeout: PATIENT.timeout,
      retry: SDK_RETRY.retry,
    },
  },
  google: {
    base_url: 'https://generativelanguage.googleapis.com',
    reasons: [
      BY_HTTP2,
      "Google's front ends keep idle connections for 610 seconds; the NAT gateways' 350 are the limit.",
      PATIENT.reason,
      SDK_RETRY.reason,
    ],
    connection_pool: {
      pool_limits: {
        max_connections: 100,
        max_keepalive_connections: 20,
        keepalive_expiry: 300,
      },
      timeout: PATIENT.timeout,
      retry: SDK_RETRY.retry,
    },
  },
  mistral: {
    base_url: 'https://api.mistral.ai',
    reasons: [
      BY_HTTP2,
      'No idle limit is documented: less than the 60 seconds that are the default of common load balancers.',
      PATIENT.reason,
      SDK_RETRY.reason,
    ],
    connection_pool: {
      pool_limits: {
        max_connections: 100,
        max_keepalive_connections: 20,
        keepalive_expiry: 55,
      },
      timeout: PATIENT.timeout,
      retry: SDK_RETRY.retry,
    },
  },
  groq: {
    base_url: 'https://api.groq.com',
    reasons: [
      BY_HTTP2,
      BEHIND_CLOUDFLARE.reason,
      'Made for speed: its SDK gives up after a minute in all.',
      SDK_RETRY.reason,
    ],
    connection_pool: {
      pool_limits: {
        max_connections: 100,
        max_keepalive_connections: 20,
        keepalive_expiry: BEHIND_CLOUDFLARE.seconds,
      },
      timeout: { connect: 5, first_byte: 60, idle: 30, total: 60 },
      retry: SDK_RETRY.retry,
    },
  },
  ollama: {
    base_url: 'http://127.0.0.1:11434',
    reasons: [
      'It answers one request at a time for each model unless told otherwise: more only wait in its queue.',
      'On this machine, so that connecting takes no time, and no proxy. A model may take 5 minutes to load (`OLLAMA_LOAD_TIMEOUT`), and a long prompt minutes more.',
      'It answers 503 once its queue is full, and would be as full a moment later.',
    ],
    connection_pool: {
      pool_limits: {
        max_connections: 8,
        max_keepalive_connections: 8,
        keepalive_expiry: 300,
      },
      timeout: { connect: 1, first_byte: 600, idle: 300 },
      retry: { attempts: 1, backoff_factor: 1, retry_status_codes: [408, 429, 500, 502, 504] },
      proxy: false,
    },
  },
  vllm: {
    base_url: 'http://127.0.0.1:8000',
    reasons: [
      'As many connections as sequences that it decodes at once by default, one for each by HTTP/1.1.',
      'It closes connections that were idle for 5 seconds (`VLLM_HTTP_TIMEOUT_KEEP_ALIVE`).',
      'On this machine, so that connecting takes no time, and no proxy. A long prompt takes minutes.',
    ],
    connection_pool: {
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
