import { say } from '#ops/setup/step.ts';
import { measureRelay, type Plan, type Row } from './measure.ts';

/** Carries out the plan in its argument, in whatever network it was started in, and prints the rows as JSON. */
const plan = JSON.parse(process.argv[2] ?? '') as Plan;
const rows: Row[] = [];
for (const mbps of plan.rates) {
  for (const relay of plan.relays) {
    await measureRelay(relay, mbps, plan, (row) => {
      rows.push(row);
      say(
        `${row.relay}, ${String(row.viewers)} viewers, ${String(row.mbps)} Mbit/s: ` +
          (row.why ?? `${String(row.cpuUsPerPacket)} us a packet, loss ${String(row.lossFrac)}`),
      );
    });
  }
}
process.stdout.write(JSON.stringify(rows));
process.exit();
