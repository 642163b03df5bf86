/** A process to be killed: takes the lock of a folder, says so, and keeps it. */
import { waitForLock } from '../src/store/lock.ts';

await waitForLock(process.argv[2] as string, () => process.stdout.write('waiting\n'));
process.stdout.write('held\n');
setInterval(() => {}, 1000);
