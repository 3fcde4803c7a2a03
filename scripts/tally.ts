/**
 * Adds up the JSON reports of the test runs and prints one closing line with their counts.
 *
 * usage: tally REPORT.json…   exit status 1 when a test failed, was skipped, or none ran
 */
import { readFileSync } from 'node:fs';

interface Report {
  readonly success: boolean;
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const reports = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')) as Report);
const sum = (pick: (report: Report) => number): number => reports.reduce((total, report) => total + pick(report), 0);

const passed = sum((report) => report.numPassedTests);
const failed = sum((report) => report.numFailedTests);
const skipped = sum((report) => report.numTotalTests) - passed - failed;
const cases = reports.flatMap((report) => report.testResults.flatMap((file) => file.assertionResults));
for (const { status, fullName } of cases) if (status !== 'passed') console.error(`${status}: ${fullName}`);
if (skipped > 0) console.error('A test that does not run proves nothing: mend it or remove it.');

console.log(`merganser: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
// `success` is also false when a file failed to load and so counted no test at all.
const green = reports.length > 0 && reports.every((report) => report.success);
process.exitCode = green && passed > 0 && failed === 0 && skipped === 0 ? 0 : 1;
