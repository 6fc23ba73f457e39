// @ts-check

/**
 * @typedef {object} Task one task of turbo's run summary
 * @property {string} taskId
 * @property {{ status: string }} [cache]
 * @property {{ startTime: number, endTime: number, exitCode: number | null }} [execution]
 */

/**
 * @typedef {object} TestReport the totals of Vitest's JSON report
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {{ status: string }[]} testResults
 */

/**
 * @param {Task} task
 * @returns {'passed' | 'failed' | 'not run'}
 */
function outcomeOf({ execution, cache }) {
  if (execution?.exitCode === 0 || (cache?.status === 'HIT' && !execution?.exitCode))
    return 'passed';
  return typeof execution?.exitCode === 'number' ? 'failed' : 'not run';
}

/**
 * Sums up a run: a line per check, the totals of the tests, and `N passed, N failed` alone on the
 * last line. A check that failed or did not run counts as one failure, unless failing tests say more;
 * a run without a passing test has failed.
 *
 * @param {{ tasks: Task[] }} run
 * @param {readonly TestReport[]} reports of the checks that ran tests and got to report
 * @param {number} exitCode of the run as a whole
 * @returns {{ text: string, failed: number }}
 */
export function summarize(run, reports, exitCode) {
  const total = totalOf(reports);
  const lines = [''];
  let failedChecks = 0;
  for (const task of [...run.tasks].sort((a, b) => a.taskId.localeCompare(b.taskId))) {
    const outcome = outcomeOf(task);
    lines.push(lineOf(task, outcome));
    const told = runsTests.has(nameOf(task)) && total.failed > 0;
    if (outcome !== 'passed' && !told) failedChecks += 1;
  }
  let failed = total.failed + failedChecks;
  if (failed === 0 && (exitCode !== 0 || total.passed === 0)) failed = 1;
  lines.push('', ` Test Files  ${countsOf(total.goodFiles, total.badFiles)}`);
  lines.push(`      Tests  ${countsOf(total.passed, total.failed)}`);
  lines.push('', `${total.passed} passed, ${failed} failed`);
  return { text: lines.join('\n'), failed };
}

const runsTests = new Set(['tests', 'packing']);

/** @param {Task} task */
function nameOf({ taskId }) {
  return taskId.replace('//#check:', '');
}

/**
 * @param {Task} task
 * @param {string} outcome
 */
function lineOf(task, outcome) {
  const { startTime = 0, endTime = 0 } = task.execution ?? {};
  const seconds = `${((endTime - startTime) / 1000).toFixed(1)} s`;
  const time = task.cache?.status === 'HIT' ? 'unchanged' : seconds;
  const line = `  ${nameOf(task).padEnd(10)} ${outcome.padEnd(8)} ${outcome === 'not run' ? '' : time}`;
  return line.trimEnd();
}

/** @param {readonly TestReport[]} reports */
function totalOf(reports) {
  const total = { passed: 0, failed: 0, goodFiles: 0, badFiles: 0 };
  for (const { numPassedTests, numFailedTests, testResults } of reports) {
    total.passed += numPassedTests;
    total.failed += numFailedTests;
    for (const { status } of testResults)
      total[status === 'passed' ? 'goodFiles' : 'badFiles'] += 1;
  }
  return total;
}

/**
 * @param {number} passed
 * @param {number} failed
 */
function countsOf(passed, failed) {
  return `${failed ? `${failed} failed | ` : ''}${passed} passed (${passed + failed})`;
}
