// node bench.cjs <service-account.json> <port> <messages>: Google's SDK for Node, unmodified;
// only the TCP connection is led to the server of the bench.
const net = require("node:net");
const { readFileSync } = require("node:fs");

const [account, port, messages] = process.argv.slice(2);
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (options && /\.googleapis\.com$/.test(options.host || "")) {
    options.host = "127.0.0.1";
    options.port = Number(port);
  }
  return connect.apply(this, args);
};
const root = process.env.BENCH_NODE_MODULES;
const { cert, initializeApp } = require(`${root}/firebase-admin/lib/app`);
const { getMessaging } = require(`${root}/firebase-admin/lib/messaging`);

const WINDOW = 500;
initializeApp({ credential: cert(JSON.parse(readFileSync(account, "utf8"))) });
const messaging = getMessaging();

async function send(start, many) {
  const some = [];
  for (let n = 0; n < many; n += 1) {
    const token = `bench-${String(start + n).padStart(10, "0")}:APA91b${"x".repeat(120)}`;
    some.push({ token, notification: { title: "First snow", body: "12 huts still have beds." } });
  }
  const found = await messaging.sendEach(some);
  if (found.failureCount) throw found.responses.find((one) => !one.success).error;
}

async function main() {
  const count = Number(messages);
  await send(0, WINDOW);
  const began = process.hrtime.bigint();
  const before = process.cpuUsage();
  for (let start = 0; start < count; start += WINDOW) {
    await send(start, Math.min(WINDOW, count - start));
  }
  const used = process.cpuUsage(before);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
  const cpu = (used.user + used.system) / 1e6;
  console.log(JSON.stringify({ messages: count, seconds, cpu_s: cpu, peak_mb: peak }));
  process.exit(0);
}

main();
