import { parseArgs } from 'node:util';

/**
 * The options of a program, read before anything is built for it. `--help`, and an option that it
 * does not have, end the process with the program's help.
 *
 * @template {import('node:util').ParseArgsConfig['options']} T
 * @param {readonly string[]} args
 * @param {{ help: string, options: T, refuse?: (values: any) => string | undefined }} program
 *   `refuse` says what is wrong with options that are each right in themselves
 */
export function readOptions(args, { help, options, refuse }) {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: { ...options, help: { type: 'boolean', default: false } },
    }));
  } catch (error) {
    end(error.message);
  }
  if (values.help) {
    console.log(help);
    process.exit();
  }
  const refusal = refuse?.(values);
  if (refusal !== undefined) end(refusal);
  return values;

  function end(why) {
    console.error(`${why}\n\n${help}`);
    process.exit(1);
  }
}
