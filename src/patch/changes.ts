/**
 * Puts back what a patch has replaced, unless somebody else has replaced it since; `inner` is told of a client
 * that was held there and patched on its own.
 *
 * @returns whether it is back.
 */
export type Undo = (inner: (held: object) => void) => boolean;

/** A property that was replaced, of a target or of what it is made of. */
interface Change {
  readonly owner: WeakRef<object>;
  readonly name: string;
  readonly property: PropertyDescriptor;
  readonly original: PropertyDescriptor | undefined;
}

/** Puts a property in the place of another. */
export function replace(
  owner: object,
  name: string,
  make: (original: PropertyDescriptor | undefined) => PropertyDescriptor,
): Undo {
  const original = Object.getOwnPropertyDescriptor(owner, name);
  const property = make(original);
  Object.defineProperty(owner, name, property);
  return undoing({ owner: new WeakRef(owner), name, property, original });
}

/** What a data property is like that takes the place of another. */
export function dataProperty(
  original: PropertyDescriptor | undefined,
  enumerable = true,
): PropertyDescriptor {
  return { configurable: true, enumerable: original?.enumerable ?? enumerable, writable: true };
}

/** Apart, so that what it makes sees nothing of the owner, which is to be collected. */
function undoing({ owner: held, name, property, original }: Change): Undo {
  return (inner) => {
    const owner = held.deref();
    if (owner === undefined) return true;
    const now = Object.getOwnPropertyDescriptor(owner, name);
    if (now === undefined || now.value !== property.value || now.set !== property.set) return false;
    const value: unknown = property.get?.();
    if (typeof value === 'object' && value !== null) {
      inner(value);
      Object.defineProperty(owner, name, { ...original, value });
    } else if (original === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, original);
    return true;
  };
}
