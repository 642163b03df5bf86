/** Every limit of the system, once, each with its unit in its name. Other languages load `limits.json`. */
import limits from './limits.json' with { type: 'json' };

export const LIMITS: Readonly<typeof limits> = Object.freeze(limits);
