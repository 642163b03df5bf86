import { describeStorage } from '../../testing/storage-conformance.ts';
import { memoryStorage } from './memory.ts';

describeStorage('memory', async () => memoryStorage());
