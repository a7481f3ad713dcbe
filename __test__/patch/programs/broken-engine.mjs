// What a program meets whose engine cannot start.
import { enablePatches, getPatchStatus, patch } from 'warmline';

const [origin] = process.argv.slice(2);
const warnings = [];
process.on('warning', ({ code, message }) => warnings.push({ code, message }));

patch();
const outcomes = [];
const attempt = async () => {
  try {
    outcomes.push((await fetch(origin)).status);
  } catch (error) {
    outcomes.push(error.cause.code);
  }
};
for (let i = 0; i < 5; i++) await attempt();
const [{ active, statistics }] = getPatchStatus().patched;
enablePatches();
const again = getPatchStatus().patched[0].active;
await attempt();
const { calls, fallbacks, engineErrors } = statistics;
console.log(JSON.stringify({ outcomes, active, again, calls, fallbacks, engineErrors, warnings }));
