// A transport that costs next to nothing, to show what the SDK costs by itself: its answer is there
// at once, and only its JSON is parsed anew each time.

const TEXT = JSON.stringify({
  id: 'chatcmpl-0000000000000001',
  object: 'chat.completion',
  created: 1_735_689_600,
  model: 'mock-small',
  service_tier: 'default',
  system_fingerprint: 'fp_44709d6fcb',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: ' the quick warm line'.repeat(8), refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: {
    prompt_tokens: 256,
    completion_tokens: 32,
    total_tokens: 288,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  },
});

const headers = new Headers({
  'content-length': String(TEXT.length),
  'content-type': 'application/json',
  'x-request-id': 'req_0000000000000001',
  'openai-version': '2020-10-01',
});

/** An instance of Response without what its constructor costs. */
class StubResponse {
  ok = true;
  status = 200;
  statusText = 'OK';
  headers = headers;
  body = null;
  // Declared, so that the assignment below does not meet the getter of Response.
  url;

  constructor(url) {
    this.url = url;
  }

  async text() {
    return TEXT;
  }

  async json() {
    return JSON.parse(TEXT);
  }
}
Object.setPrototypeOf(StubResponse.prototype, Response.prototype);

export async function stubFetch(url) {
  return new StubResponse(url);
}
