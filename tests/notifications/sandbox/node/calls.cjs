// node --require ./reroute.cjs calls.cjs <service-account.json> '[["send", {...}], ...]'
// Prints what the SDK returned or threw, one result a call, as JSON.
const { readFileSync } = require("node:fs");
const { cert, initializeApp } = require("firebase-admin/app");
const { getMessaging } = require("firebase-admin/messaging");

const [account, calls] = process.argv.slice(2);
initializeApp({ credential: cert(JSON.parse(readFileSync(account, "utf8"))) });
const messaging = getMessaging();

function shown(error) {
  return { code: error.code, message: error.message };
}

function result(value) {
  if (value && value.responses) {
    const responses = value.responses.map((each) =>
      each.success ? { messageId: each.messageId } : { error: shown(each.error) },
    );
    return { ...value, responses };
  }
  if (value && value.errors) {
    return { ...value, errors: value.errors.map((each) => shown(each.error)) };
  }
  return value;
}

async function main() {
  const results = [];
  for (const [method, ...args] of JSON.parse(calls)) {
    try {
      results.push({ value: result(await messaging[method](...args)) });
    } catch (error) {
      const pending = await error.pendingBatchResponse;
      results.push({ error: shown(error), ...(pending && { pending: result(pending) }) });
    }
  }
  process.stdout.write(JSON.stringify(results));
  process.exit(0);
}

main();
