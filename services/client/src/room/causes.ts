/** Why something cannot be shown, and what the person who reads it can do: one sentence each. */
import type { Lie } from '../ledger/lie.ts';
import type { Unreadable } from '../views.ts';

export const noKey: Unreadable = {
  cause: 'This message was written before this device had a key for it.',
  action: 'Read it on another of your devices, or ask a member to share earlier messages with you.',
};

export const unopened: Unreadable = {
  cause: 'This message was not sealed with the key that its sender signed for.',
  action: 'Ask the sender to write it again; their client may be damaged.',
};

export const strangePayload: Unreadable = {
  cause: 'This message is of a kind that this version does not know.',
  action: 'Update Sotto: reload the page, or install the newest client.',
};

export const refusedBy = (lie: Lie): Unreadable => ({
  cause: lie.message,
  action: 'Nothing of it was believed. Show the alert’s proof to whoever runs your server.',
});
