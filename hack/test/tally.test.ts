import { describe, expect, it } from 'vitest';
import { countTests } from './tally.mjs';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((outcome) => ({ status: outcome })),
});

describe('the closing line', () => {
  it('counts tests', () => {
    const report = {
      numPassedTests: 2,
      numFailedTests: 0,
      testResults: [file('passed', 'passed', 'passed')],
    };
    expect(countTests(report, true)).toEqual({ passed: 2, failed: 0 });
  });

  it('counts a file that does not load, also beside a failed test', () => {
    const testResults = [file('failed', 'failed'), file('failed')];
    expect(countTests({ numPassedTests: 0, numFailedTests: 1, testResults }, false).failed).toBe(2);
  });

  it('never says zero after a failed run', () => {
    expect(countTests({ numPassedTests: 5, numFailedTests: 0, testResults: [] }, false).failed).toBe(1);
    expect(countTests(null, false).failed).toBe(1);
  });
});
