// What is said once more at the end of a run, where a log is read: what failed, and how.
import { stripVTControlCharacters } from 'node:util';

/** The most lines of one failure: its message and where it was, not all of what it was about. */
const LINES = 30;

/** The most failures that are shown with their messages: with more, it is one cause that has many. */
const SHOWN = 20;

const clean = (text) => stripVTControlCharacters(text).replaceAll('\r\n', '\n').trimEnd();

/** The end of what a command printed, for one that only says that it failed. */
export const lastLines = (text) => clean(text).split('\n').slice(-LINES).join('\n');

/**
 * @param {readonly { name: string, message: string }[]} failures
 * @returns {string}
 */
function list(failures) {
  const shown = failures.slice(0, SHOWN).map(({ name, message }) => {
    const lines = clean(message).split('\n');
    return [name, ...lines.slice(0, LINES).map((line) => `  ${line}`.trimEnd())].join('\n');
  });
  return [...shown, ...failures.slice(SHOWN).map(({ name }) => name)].join('\n');
}

/**
 * The tests that failed in a run of vitest, the files that did not load and the errors that no test waited for;
 * the end of its output if there is none of them.
 *
 * @param {string} output of its default reporter: the JSON has no differences, no hooks and no stray errors
 * @returns {string}
 */
export function vitestFailures(output) {
  const text = clean(output);
  const failures = [...text.matchAll(/^ FAIL +(.+)\n([\s\S]*?)\n⎯{8}/gm)].map(
    ([, name, message]) => ({
      name,
      message,
    }),
  );
  const [, stray] = /^⎯+ Unhandled Errors ⎯+\n([\s\S]*?)^⎯+$/m.exec(text) ?? [];
  if (stray !== undefined) failures.push({ name: 'Unhandled errors', message: stray.trim() });
  return failures.length > 0 ? list(failures) : lastLines(output);
}

/**
 * The tests that failed in a run of `cargo test`, or the end of its output if there is none: it did not compile,
 * or a process died.
 *
 * @param {string} stdout where the tests print
 * @param {string} output with what cargo says of them
 * @returns {string}
 */
export function cargoFailures(stdout, output) {
  // Each test binary has such a block, and then the names alone.
  const blocks = clean(stdout).matchAll(/^failures:\n\n([\s\S]*?)\n\nfailures:\n {4}/gm);
  const failures = [...blocks].flatMap(([, block]) =>
    block
      .split(/^---- (?=.* stdout ----$)/m)
      .slice(1)
      .map((test) => {
        const [heading, message] = test.split(/ stdout ----\n/, 2);
        return { name: heading, message: message.trim() };
      }),
  );
  if (failures.length === 0) return lastLines(output);
  const [rerun] = /^error: .*to rerun pass .*$/m.exec(clean(output)) ?? [];
  return [list(failures), ...(rerun === undefined ? [] : [rerun])].join('\n');
}
