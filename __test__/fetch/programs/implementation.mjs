/** The fetch that a program's first argument names. */
export async function implementation(name) {
  if (name === 'built-in') return globalThis.fetch;
  return (await import('warmline')).fetch;
}
