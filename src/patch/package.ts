/** What a package is patched by, where it is given as its namespace. */

type ClientClass = new (...options: never[]) => object;

/** A class of clients, as one generator writes them for `openai`, `@anthropic-ai/sdk` and `groq-sdk`. */
export function isClientClass(target: unknown): target is ClientClass {
  if (typeof target !== 'function') return false;
  const methods = target.prototype as { fetchWithTimeout?: unknown } | undefined;
  return typeof methods?.fetchWithTimeout === 'function';
}

/** The class from which all clients of a package descend that is given as its namespace; all else as it is. */
export function targetOf(given: object): object {
  return isNamespace(given) ? (rootClass(given) ?? given) : given;
}

/**
 * The class among a package's exports from which its other clients descend: `OpenAI`, from which `AzureOpenAI` does, or
 * `BaseAnthropic`, from which the clients for Bedrock and Vertex do, which other packages have.
 */
export function rootClass(exports: object): object | undefined {
  const classes = new Set(Object.values(exports).filter(isClientClass));
  return [...classes].find((each) => !classes.has(Object.getPrototypeOf(each)));
}

/** Of an ES module, or of one that was compiled to CommonJS, which may be a function that makes clients. */
function isNamespace(given: unknown): boolean {
  if (given === null || given === undefined || isClientClass(given)) return false;
  const { [Symbol.toStringTag]: tag, __esModule: compiled } = given as {
    [Symbol.toStringTag]?: unknown;
    __esModule?: unknown;
  };
  return tag === 'Module' || compiled === true;
}
