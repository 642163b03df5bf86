/** The seed of a run of random tests, printed so that a failure can be run again: `SOTTO_SEED=123 npx vitest run FILE`. */
const given = process.env.SOTTO_SEED;

export const SEED = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);

console.log(`SOTTO_SEED=${SEED}`);
