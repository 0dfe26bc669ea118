import type { Explanation } from '#protocol/explanation.ts';
import type { CrossingReason, DismissalReason } from '#protocol/facts.ts';

/** An explanation in sentences for whoever doubts a number. Pure. */
export function explanationWords(explanation: Explanation): string[] {
  switch (explanation.verdict) {
    case 'counted':
      return [
        `Counted: one person ${explanation.direction} over line ${explanation.line} of camera ${explanation.camera}, at ${instant(explanation.crossedAtMs)}.`,
        explanation.why === null ? 'The worker that counted it did not say why yet.' : whyWords(explanation.why),
        seenWords(explanation),
        `Decided by worker ${explanation.worker} under lease ${explanation.leaseId} (epoch ${String(explanation.epoch)}), ${explanation.processingMs.toFixed(0)} ms after the frame came in.`,
        ...(explanation.clockUncertaintyMs === null
          ? []
          : [`The worker's clock was uncertain by ${explanation.clockUncertaintyMs.toFixed(0)} ms.`]),
      ];
    case 'not-counted':
      return [
        `Not counted: somebody near line ${explanation.line} of camera ${explanation.camera}, at ${instant(explanation.happenedAtMs)}.`,
        DISMISSALS[explanation.reason],
        `Followed for ${(explanation.ageMs / 1000).toFixed(1)} s. ${seenWords(explanation)}`,
      ];
    case 'rejected':
      return [`${REJECTIONS[explanation.reason]} (${explanation.detail}), at ${instant(explanation.rejectedAtMs)}.`];
    case 'held':
      return ['Waiting: the lease that decided it has not been heard of yet. It is counted or refused once it is.'];
  }
}

const RULES: Record<CrossingReason['rule'], string> = {
  'both-sides': 'The person was seen for certain on both sides of the line',
  'first-seen-at-line': 'The person came into view at the line and went on beyond it',
  'last-seen-at-line': 'The person was past the line when last seen there',
};

const DISMISSALS: Record<DismissalReason, string> = {
  'turned-back': 'They turned back at the line.',
  'too-young': 'They had been followed for too short a time to be believed.',
  'passed-end': 'They walked round an end of the line.',
  'began-on-line': 'They were first seen at the line, so where they came from is not known.',
  'ended-on-line': 'They were last seen at the line, so where they went is not known.',
  're-entry': 'They came back within the time set for this line, so neither way counts.',
  'pushed-along': 'They stayed at the side of somebody all the time, as in a pushchair.',
};

const REJECTIONS: Record<Extract<Explanation, { verdict: 'rejected' }>['reason'], string> = {
  fenced: 'Refused: another lease owned the camera at that time',
  voided: 'Taken back: another lease turned out to own the camera at that time',
  invalid: 'Refused: it makes no sense',
};

function whyWords({ rule, from, to, meetings, ageMs, anchor, bandBoxes }: CrossingReason): string {
  const times = meetings === 1 ? 'once' : `${String(meetings)} times`;
  return (
    `${RULES[rule]}: from the ${from} to the ${to}, looking along it from its start. The path of their ${anchor} met it ${times}; ` +
    `they had been followed for ${(ageMs / 1000).toFixed(1)} s; a side is certain beyond ${bandBoxes.toFixed(2)} boxes from the line.`
  );
}

interface Seen {
  readonly detections: number;
  readonly confidence: number;
  readonly boxHeightFrac: number;
  readonly model: string;
  readonly track: number;
  readonly run: number;
  readonly cameraRevision: number;
}

function seenWords({ detections, confidence, boxHeightFrac, model, track, run, cameraRevision }: Seen): string {
  return (
    `Track ${String(track)} of run ${String(run)}, seen in ${String(detections)} frames by ${model}, last with score ${confidence.toFixed(2)}, ` +
    `${(boxHeightFrac * 100).toFixed(0)} % of the picture high; settings revision ${String(cameraRevision)}.`
  );
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
