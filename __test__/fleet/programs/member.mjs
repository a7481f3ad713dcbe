// A process of a fleet: set up by a file, it sends what it is told to and says how its limits stand.
import { configure, fetch, getFleetLimits } from 'warmline';

const [file] = process.argv.slice(2);
const answers = { sent: 0, done: 0, failed: 0 };
const warnings = [];
process.on('warning', ({ code, message }) => warnings.push({ code, message }));

const commands = {
  async configure(path = file) {
    await configure(path);
  },
  send({ url, count }) {
    for (let number = 0; number < count; number++) {
      answers.sent++;
      fetch(url).then(
        (response) => response.text().then(() => answers.done++),
        () => answers.failed++,
      );
    }
  },
  say() {
    return { limits: getFleetLimits(), answers, warnings };
  },
  leave() {
    configure({});
  },
};

process.on('message', async ({ number, command, argument }) => {
  try {
    process.send({ number, answer: (await commands[command](argument)) ?? null });
  } catch (error) {
    process.send({ number, error: error.message });
  }
});
process.once('disconnect', () => process.exit());
