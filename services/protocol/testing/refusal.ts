/** The code with which something is refused; anything but a `SottoError` is a fault of the code under test. */
import { type ErrorCode, SottoError } from '../src/errors.ts';

export async function refusal(run: () => unknown): Promise<ErrorCode | 'accepted'> {
  try {
    await run();
    return 'accepted';
  } catch (error) {
    if (error instanceof SottoError) return error.code;
    throw error;
  }
}
