/**
 * The language of conditions: `connection_errors_total / connections_created_total > 0.05`.
 *
 * ```text
 * condition  = and { "or" and }
 * and        = not { "and" not }
 * not        = [ "not" ] comparison
 * comparison = sum [ ( ">" | ">=" | "<" | "<=" | "==" | "!=" ) sum ]
 * sum        = product { ( "+" | "-" ) product }
 * product    = unary { ( "*" | "/" ) unary }
 * unary      = [ "-" ] ( number | metric | "increase" "(" metric ")" | "(" condition ")" )
 * ```
 * It is read by a parser of its own: a condition names metrics and compares them, and can do nothing else.
 */

/** Values by the names of their metrics. */
export interface Values {
  /** Its value now. */
  now(metric: string): number;
  /** By how much it grew within the window that is looked back on. */
  increase(metric: string): number;
}

/** A condition that can be looked at again and again. */
export interface Condition {
  holds(values: Values): boolean;
}

/** What is wrong with a condition, and where. */
export class ConditionError extends SyntaxError {
  override readonly name: string = 'ConditionError';
  /** Where in the text, from 0. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(`${message}, at character ${at + 1}`);
    this.at = at;
  }
}

/** Numbers and truths are told apart as a condition is read, so that `1 > 2 > 3` is refused and not guessed at. */
type Expression =
  | { readonly type: 'number'; readonly of: (values: Values) => number }
  | { readonly type: 'truth'; readonly of: (values: Values) => boolean };

interface Token {
  readonly text: string;
  readonly at: number;
}

const TOKEN = /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|([<>=!]=|[<>+\-*/()]))/y;
const WORDS: readonly string[] = ['and', 'or', 'not'];
/** Deeper conditions are nobody's, and would overflow the stack. */
const MAX_DEPTH = 50;
const MAX_LENGTH = 2000;

const COMPARISONS: Record<string, (one: number, two: number) => boolean> = {
  '>': (one, two) => one > two,
  '>=': (one, two) => one >= two,
  '<': (one, two) => one < two,
  '<=': (one, two) => one <= two,
  '==': (one, two) => one === two,
  '!=': (one, two) => one !== two,
};

const SUMS: Record<string, (one: number, two: number) => number> = {
  '+': (one, two) => one + two,
  '-': (one, two) => one - two,
};

const PRODUCTS: Record<string, (one: number, two: number) => number> = {
  '*': (one, two) => one * two,
  // Nothing of nothing: an alert on a ratio is silent until there is something to have a ratio of.
  '/': (one, two) => (two === 0 ? 0 : one / two),
};

/**
 * Reads a condition.
 *
 * @param metrics the names that there are.
 * @throws {ConditionError} for what is no condition; an unknown name is told with the nearest known one.
 */
export function parseCondition(text: string, metrics: ReadonlySet<string>): Condition {
  if (text.length > MAX_LENGTH) throw new ConditionError('the condition is too long', MAX_LENGTH);
  const read = new Reader(tokensOf(text), text.length, metrics).all();
  return { holds: read };
}

class Reader {
  readonly #tokens: readonly Token[];
  readonly #length: number;
  readonly #metrics: ReadonlySet<string>;
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], length: number, metrics: ReadonlySet<string>) {
    this.#tokens = tokens;
    this.#length = length;
    this.#metrics = metrics;
  }

  all(): (values: Values) => boolean {
    const condition = this.#truth(() => this.#or());
    if (this.#next < this.#tokens.length) throw this.#unexpected('the end');
    return condition;
  }

  #or(): Expression {
    return this.#joined(
      'or',
      () => this.#and(),
      (one, two) => (values) => one(values) || two(values),
    );
  }

  #and(): Expression {
    return this.#joined(
      'and',
      () => this.#not(),
      (one, two) => (values) => one(values) && two(values),
    );
  }

  #joined(
    word: string,
    part: () => Expression,
    join: (
      one: (values: Values) => boolean,
      two: (values: Values) => boolean,
    ) => (values: Values) => boolean,
  ): Expression {
    const first = part();
    if (this.#peek() !== word) return first;
    let of = this.#checked(first, 'truth').of as (values: Values) => boolean;
    while (this.#take(word)) of = join(of, this.#truth(part));
    return { type: 'truth', of };
  }

  #not(): Expression {
    if (!this.#take('not')) return this.#comparison();
    const of = this.#truth(() => this.#comparison());
    return { type: 'truth', of: (values) => !of(values) };
  }

  #comparison(): Expression {
    const first = this.#sum();
    const compare = COMPARISONS[this.#peek() ?? ''];
    if (compare === undefined) return first;
    const one = this.#checked(first, 'number').of as (values: Values) => number;
    this.#next++;
    const two = this.#number(() => this.#sum());
    return { type: 'truth', of: (values) => compare(one(values), two(values)) };
  }

  #sum(): Expression {
    return this.#computed(SUMS, () => this.#product());
  }

  #product(): Expression {
    return this.#computed(PRODUCTS, () => this.#unary());
  }

  #computed(
    operators: Record<string, (one: number, two: number) => number>,
    part: () => Expression,
  ): Expression {
    let found = part();
    for (;;) {
      const operator = operators[this.#peek() ?? ''];
      if (operator === undefined) return found;
      const one = this.#checked(found, 'number').of as (values: Values) => number;
      this.#next++;
      const two = this.#number(part);
      found = { type: 'number', of: (values) => operator(one(values), two(values)) };
    }
  }

  #unary(): Expression {
    if (++this.#depth > MAX_DEPTH)
      throw new ConditionError('the condition is too deep', this.#at());
    try {
      if (this.#take('-')) {
        const of = this.#number(() => this.#unary());
        return { type: 'number', of: (values) => -of(values) };
      }
      if (this.#take('(')) {
        const inner = this.#or();
        this.#expect(')');
        return inner;
      }
      return this.#value();
    } finally {
      this.#depth--;
    }
  }

  #value(): Expression {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw this.#unexpected('a value');
    const { text } = token;
    if (/^\d/.test(text)) {
      this.#next++;
      const number = Number(text);
      return { type: 'number', of: () => number };
    }
    if (!/^\w/.test(text) || WORDS.includes(text)) throw this.#unexpected('a value');
    if (text === 'increase' && this.#tokens[this.#next + 1]?.text === '(') {
      this.#next += 2;
      const metric = this.#metric();
      this.#expect(')');
      return { type: 'number', of: (values) => values.increase(metric) };
    }
    const metric = this.#metric();
    return { type: 'number', of: (values) => values.now(metric) };
  }

  #metric(): string {
    const token = this.#tokens[this.#next];
    if (token === undefined || !/^[A-Za-z_]/.test(token.text)) throw this.#unexpected('a metric');
    if (!this.#metrics.has(token.text)) {
      const near = nearest(token.text, this.#metrics);
      const hint = near === undefined ? '' : `: did you mean ${near}?`;
      throw new ConditionError(`there is no metric ${token.text}${hint}`, token.at);
    }
    this.#next++;
    return token.text;
  }

  #number(part: () => Expression): (values: Values) => number {
    return this.#checked(part(), 'number').of as (values: Values) => number;
  }

  #truth(part: () => Expression): (values: Values) => boolean {
    return this.#checked(part(), 'truth').of as (values: Values) => boolean;
  }

  #checked(expression: Expression, type: Expression['type']): Expression {
    if (expression.type === type) return expression;
    const wanted = type === 'number' ? 'a number is wanted here' : 'a comparison is wanted here';
    throw new ConditionError(wanted, this.#at());
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next]?.text;
  }

  #take(text: string): boolean {
    if (this.#peek() !== text) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected(text);
  }

  #at(): number {
    return this.#tokens[this.#next]?.at ?? this.#length;
  }

  #unexpected(wanted: string): ConditionError {
    const found = this.#peek() ?? 'the end';
    return new ConditionError(`${wanted} is wanted and not ${found}`, this.#at());
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (found === null) {
      const at = from + (text.slice(from).match(/^\s*/)?.[0].length ?? 0);
      throw new ConditionError(`${text[at]} means nothing here`, at);
    }
    const token = found[1] ?? found[2] ?? (found[3] as string);
    tokens.push({ text: token, at: TOKEN.lastIndex - token.length });
  }
  return tokens;
}

/** The known name that takes the fewest changes, if that is a slip of the pen. */
function nearest(name: string, known: ReadonlySet<string>): string | undefined {
  const [best] = [...known]
    .map((other) => ({ other, changes: changesBetween(name, other) }))
    .sort((one, two) => one.changes - two.changes);
  return best !== undefined && best.changes <= Math.max(2, name.length / 3)
    ? best.other
    : undefined;
}

/** Levenshtein's distance. */
function changesBetween(one: string, two: string): number {
  let row = Array.from({ length: two.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= two.length; j++) {
      const same = one[i - 1] === two[j - 1] ? 0 : 1;
      const [left, above, before] = [next[j - 1], row[j], row[j - 1]] as [number, number, number];
      next.push(Math.min(left + 1, above + 1, before + same));
    }
    row = next;
  }
  return row[two.length] as number;
}
