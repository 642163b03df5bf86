/**
 * Arguments that begin with "-" and are no options: one id in 64 does, and so do texts such as "-5 °C". Commander would refuse
 * them, and "--" in front of them would take the options behind them for texts too.
 */

/** No argument of a process can hold it. */
const MARK = '\u0000';

/** The form of an id, a number, or anything with a blank before any "=". */
const OPERAND = /^-(?:[\w-]{21}$|\d|[^-=\s]*\s)/;

/** Marks what is no option, for commander. */
export const marked = (argument: string): string => (OPERAND.test(argument) ? MARK + argument : argument);

/** Takes the mark off again, wherever commander has put the argument. */
export function unmarked<T>(value: T): T {
  if (typeof value === 'string') return value.replaceAll(MARK, '') as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unmarked(inner)])) as T;
}
