import { contractOptions, describeRelay } from './relay.contract.ts';
import { openWeriftRelay } from './relay.werift.ts';

describeRelay('werift', () => Promise.resolve(openWeriftRelay(contractOptions)));
