/** What a person needs to know of each alert, beside the client's own sentence. The lies are listed in THREATMODEL.md. */
import type { AlertName } from '@sotto/client';

export interface AlertWords {
  readonly title: string;
  readonly meaning: string;
  readonly action: string;
}

const ASK_OPERATOR =
  'Ask whoever runs the server, and show them the proof. Until it is explained, say nothing here that the server must not know.';
const COMPARE_CODE = 'Compare the room code with the others, on the phone or face to face. Save the proof.';

export const ALERT_WORDS: Record<AlertName, AlertWords> = {
  'planted-room-key': {
    title: 'A key was planted',
    meaning:
      'The keys of this room were made for a key that its supposed owner never published. Somebody may be trying to read along.',
    action: COMPARE_CODE,
  },
  'ghost-device': {
    title: 'A device that nobody owns',
    meaning:
      "The room's keys were made for a device that no member has, or one of your devices was left out.",
    action: 'Look at the list of devices in Settings, ask the others to do the same, and save the proof.',
  },
  'ghost-member': {
    title: 'A member whom nobody let in',
    meaning: 'Somebody is treated as a member although no member signed for it.',
    action: COMPARE_CODE,
  },
  'key-chain-rollback': {
    title: 'An older list of keys',
    meaning:
      'The server shows an older list of somebody’s keys than it did before. It may be hiding that a device was revoked.',
    action: ASK_OPERATOR,
  },
  'newest-key-withheld': {
    title: 'An outdated key is kept in use',
    meaning: 'A newer key was published and is not used. The old one may have been stolen.',
    action: COMPARE_CODE,
  },
  'message-dropped': {
    title: 'A message was withheld',
    meaning: 'A sender counts its messages, and one is missing from what the server delivered.',
    action: 'Ask the sender what it said, and save the proof.',
  },
  'messages-swapped': {
    title: 'Messages in the wrong order',
    meaning: 'A sender’s messages arrived in another order than they were written in.',
    action: ASK_OPERATOR,
  },
  'message-repeated': {
    title: 'A message came twice',
    meaning: 'The same signed message was delivered a second time. Only the first one is shown.',
    action: ASK_OPERATOR,
  },
  'history-forked': {
    title: 'Different people see different rooms',
    meaning: 'What this server shows to you and what it shows to another member do not agree.',
    action: COMPARE_CODE,
  },
  'different-secret': {
    title: 'Different keys for different members',
    meaning: 'Whoever renewed the keys of the room did not give everybody the same one.',
    action: 'Ask who renewed the keys what happened, and save the proof. The next renewal makes fresh ones.',
  },
  'server-key-changed': {
    title: 'This is another server',
    meaning:
      'The server does not have the key that this device knows. Somebody may stand in between, or it was set up anew.',
    action: 'Ask whoever runs the server whether its key was changed. Go on only if they say so.',
  },
  'backup-downgraded': {
    title: 'The backup was made easier to break',
    meaning:
      'The server asked for a weaker protection of your passphrase than this app accepts. It was refused.',
    action: 'Do not enter your passphrase again before whoever runs the server has explained it.',
  },
  'store-rolled-back': {
    title: 'The server lost messages',
    meaning:
      'The server has less than it had confirmed. Messages that counted as delivered are gone or hidden.',
    action: ASK_OPERATOR,
  },
  'store-generation-changed': {
    title: 'The server was restored',
    meaning: 'The server’s data was put back from a backup, or replaced.',
    action:
      'Ask whoever runs the server whether they restored a backup. Recent messages may have to be sent again.',
  },
  'account-key-changed': {
    title: 'Somebody has a new key',
    meaning:
      'A handle that you know leads to another account now: the person began anew, or it is an impostor. Nothing is sent until you decide.',
    action: 'Compare the safety number with them, on the phone or face to face, before you go on.',
  },
  'bad-signature': {
    title: 'A forged or damaged entry',
    meaning: 'Something was not signed by whom it claims to come from. It is not shown as a message.',
    action: 'Ask the supposed sender whether they wrote something, and save the proof.',
  },
  'old-epoch': {
    title: 'A message under old keys',
    meaning: 'It was sealed with keys that were already replaced, perhaps because somebody was removed.',
    action: 'Do not trust what it says; ask the sender. Save the proof.',
  },
  'removed-member': {
    title: 'A message by a former member',
    meaning: 'The server delivered something by a person who had already left or been removed.',
    action: ASK_OPERATOR,
  },
  'receipt-broken': {
    title: 'The server contradicts itself',
    meaning: 'What the server shows now does not go with what it signed before.',
    action: ASK_OPERATOR,
  },
};
