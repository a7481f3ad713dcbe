type Defined<Value> = { [Key in keyof Value]?: Exclude<Value[Key], undefined> };

/** The object without the keys whose value is `undefined`. */
export function defined<Value extends object>(value: Value): Defined<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, inner]) => inner !== undefined),
  ) as Defined<Value>;
}
