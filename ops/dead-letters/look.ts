import { DEAD_LETTER_REASONS, type DeadLetterView } from '#protocol/dead-letters.ts';
import type { Database } from '#db/database.ts';
import { bodyWords, printable } from '#db/queries/dead-letter-words.ts';
import { letterById, listLetters, waitingLetters, type LetterFilter } from '#db/queries/dead-letters.ts';

/** `dead-letters list`. */
export async function list(database: Database, filter: LetterFilter, limit: number, json: boolean): Promise<number> {
  const letters = await listLetters(database, filter, limit);
  const waiting = await waitingLetters(database);
  if (json) {
    process.stdout.write(`${JSON.stringify({ letters, waiting })}\n`);
    return 0;
  }
  const lines = letters.map(
    (letter) =>
      `${letter.id}  ${timeOf(letter.rejectedAtMs)}  ${letter.reason.padEnd(15)}  ${printable(letter.subject)}${fateWords(letter)}`,
  );
  const total = waiting.map(({ reason, letters: count }) => `${String(count)} ${reason}`).join(', ');
  lines.push(total === '' ? 'No dead letter waits for a decision.' : `Waiting: ${total}.`);
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

/** `dead-letters show`. */
export async function show(database: Database, id: string, json: boolean): Promise<number> {
  const { letter, body } = await letterById(database, id);
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...letter, body: Buffer.from(body).toString('base64') })}\n`);
    return 0;
  }
  const size = letter.isWhole ? '' : `, the first ${String(body.length)} of them kept`;
  const lines = [
    `${letter.reason}: ${printable(letter.detail)}`,
    DEAD_LETTER_REASONS[letter.reason],
    '',
    `rejected   ${timeOf(letter.rejectedAtMs)}`,
    `subject    ${printable(letter.subject)}`,
    `message id ${printable(letter.messageId ?? 'none')}`,
    ...(letter.replayOf === null ? [] : [`replay of  ${letter.replayOf}`]),
    `fate       ${letter.fate}${fateWords(letter)}`,
    `body       ${String(letter.sizeBytes)} bytes${size}`,
    '',
    bodyWords(body),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

function fateWords({ fate, decidedBy, decidedAtMs, replayOutcome }: DeadLetterView): string {
  if (fate === 'waiting') return '';
  const outcome = fate === 'replayed' ? `: ${replayOutcome ?? 'on its way'}` : '';
  return `  (${fate} by ${printable(decidedBy ?? '')} ${timeOf(decidedAtMs ?? 0)}${outcome})`;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '');
}
