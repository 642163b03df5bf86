/**
 * Vitest's JSON report as two numbers. Never zero failures after a failed run: a file that does not load and an
 * error outside any test both fail the run without a failed test to count.
 */
export function countTests(report, ran) {
  if (report === null) return { passed: 0, failed: 1 };
  const failedIn = (file) => file.assertionResults.filter((test) => test.status === 'failed').length;
  const broken = report.testResults.filter((file) => file.status === 'failed' && failedIn(file) === 0).length;
  const failed = report.numFailedTests + broken;
  return { passed: report.numPassedTests, failed: !ran && failed === 0 ? 1 : failed };
}
