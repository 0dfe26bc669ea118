import { setTimeout as sleep } from 'node:timers/promises';
import { between, oneOf, type Fault } from './fault.ts';

const WEB_ANSWERS_WITHIN_MS = 30_000;

export const projectorKilled: Fault = {
  name: 'projector-killed',
  movesNoCamera: true,
  async inflict(rig, random) {
    const projector = oneOf(random, rig.projectors);
    await projector.kill();
    await sleep(between(random, 0, 10_000));
    await projector.start();
    return projector.name;
  },
};

export const projectorHangs: Fault = {
  name: 'projector-hangs',
  movesNoCamera: true,
  async inflict(rig, random) {
    const projector = oneOf(random, rig.projectors);
    projector.signal('SIGSTOP');
    await sleep(between(random, 3_000, 20_000));
    projector.signal('SIGCONT');
    return projector.name;
  },
};

export const webKilled: Fault = {
  name: 'web-killed',
  movesNoCamera: true,
  async inflict({ web, webUrl }, random) {
    await web.kill();
    await sleep(between(random, 0, 3_000));
    await web.start();
    const response = await fetch(`${webUrl}/api/v1/cameras`, { signal: AbortSignal.timeout(WEB_ANSWERS_WITHIN_MS) });
    if (!response.ok) throw new Error(`the web server answers ${String(response.status)} after its restart`);
    return web.name;
  },
};
