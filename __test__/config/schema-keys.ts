import { jsonSchema } from 'warmline/config';

interface Node {
  readonly $ref?: string;
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | false;
}

/** Sections that hold the same keys as the rest of the file. */
const ENVIRONMENTS = new Set(['development', 'test', 'staging', 'production']);

/** Every key of the schema that takes a value; `*` is any name. */
export function keysOfSchema(): string[] {
  const schema = jsonSchema() as Node & { $defs?: Record<string, Node> };
  const resolved = (node: Node): Node =>
    node.$ref === undefined ? node : (schema.$defs?.[node.$ref.split('/').at(-1) ?? ''] as Node);
  const below = (node: Node, path: string): string[] => {
    const forms = [resolved(node), ...(resolved(node).anyOf ?? []).map(resolved)];
    const keyed = forms.find((form) => form.properties ?? form.additionalProperties);
    if (keyed === undefined) return [path];
    const inner = { ...keyed.properties };
    if (keyed.additionalProperties) inner['*'] = keyed.additionalProperties;
    const own = forms.length > 1 ? [path] : [];
    const all = Object.entries(inner).filter(([key]) => path !== '' || !ENVIRONMENTS.has(key));
    const nested = all.flatMap(([key, value]) =>
      below(value, path === '' ? key : `${path}.${key}`),
    );
    return [...own, ...nested];
  };
  return below(schema, '');
}
