/** Prints the last line of `.ci/run` and fails when anything failed. Arguments: `check=0 test=1`, suite and exit code. */
import { countsLine, readCounts, sumCounts } from './counts.ts';

const outcomes = process.argv.slice(2).map((argument) => {
  const [name = '', exitCode = ''] = argument.split('=');
  return { name, exitCode: Number(exitCode), counts: readCounts(name) };
});
const counts = sumCounts(outcomes);
process.stdout.write(`${countsLine(counts)}\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;
