// When a soft prompt may show itself: pure functions over what one phone knows. The server decides
// the same again when it hears of the display; this here saves asking it at every turn.

export const SESSION_GAP_MS = 30_000; // out of focus for so long, and the next opening is another session
export const GUARD_MS = 24 * 3_600_000; // one soft prompt a day, whichever

export function newSession(id, now) {
  return { id, startedAt: now, leftAt: null, happened: [], shown: false };
}

/** Whether coming back now is still the same session. */
export function continues(session, now) {
  return Boolean(session) && (session.leftAt === null || now - session.leftAt < SESSION_GAP_MS);
}

// ---- triggers

/**
 * Groups are alternatives; within one all conditions must hold, and what happens `now` must be one
 * of them: an old event alone brings up nothing. `now` and `earlier`: {kind, name, props, seconds,
 * key, value}, where `seconds` is how old the session was.
 */
export function triggered(groups, now, earlier, keys) {
  return groups.some(
    (group) =>
      group.some((one) => fires(one, now)) && group.every((one) => holds(one, now, earlier, keys)),
  );
}

function fires(condition, now) {
  if (condition.kind !== now.kind) return false;
  switch (now.kind) {
    case "app_open":
      return true;
    case "session_time":
      return now.seconds >= condition.seconds;
    case "event":
      return now.name === condition.name && matches(now.props, condition.where);
    case "custom":
      return now.key === condition.key && compare(now.value, condition.op, condition.value);
    default:
      return false; // a kind of later days: never guess
  }
}

function holds(condition, now, earlier, keys) {
  switch (condition.kind) {
    case "app_open":
      return true; // nothing happens while the app is closed
    case "session_time":
      return now.seconds >= condition.seconds;
    case "custom":
      return condition.key in keys && compare(keys[condition.key], condition.op, condition.value);
    default:
      return [now, ...earlier].some((one) => fires(condition, one));
  }
}

function matches(props, where = {}) {
  return Object.entries(where).every(([name, wanted]) =>
    wanted !== null && typeof wanted === "object"
      ? compare(props[name], wanted.op, wanted.value)
      : compare(props[name], "=", wanted),
  );
}

/** Numbers with numbers, texts with texts, true and false with themselves. */
export function compare(found, op = "exists", wanted) {
  const numbers = typeof found === "number" && typeof wanted === "number";
  switch (op) {
    case "exists":
      return found !== undefined && found !== null;
    case "=":
      return found === wanted;
    case "!=":
      return found !== wanted;
    case ">":
      return numbers && found > wanted;
    case "<":
      return numbers && found < wanted;
    default:
      return false;
  }
}

/** Milliseconds until time alone may fulfil a trigger, or null. */
export function nextMoment(prompts, session, now) {
  const waits = prompts
    .flatMap((prompt) => prompt.triggers.flat())
    .filter((condition) => condition.kind === "session_time")
    .map((condition) => session.startedAt + condition.seconds * 1_000 - now)
    .filter((wait) => wait > 0);
  return waits.length ? Math.min(...waits) : null;
}

// ---- how often

/** "" when it may be shown again, else why not. `record`: {displays, lastAt} of this prompt. */
export function heldBack({ frequency, not_before, ends_at }, record, now) {
  if (not_before && now < Date.parse(not_before)) return "gap";
  if (ends_at && now >= Date.parse(ends_at)) return "outside_schedule";
  const { displays, lastAt } = record ?? { displays: 0, lastAt: null };
  if (displays >= (frequency.max_displays ?? Infinity)) return "max_displays";
  if (lastAt !== null && now - lastAt < frequency.gap_seconds * 1_000) return "gap";
  return "";
}

/** The one to show now, or null: the server lists them in the order in which they win. */
export function choose(prompts, happening, { session, keys, records, lastShownAt, now }) {
  if (session.shown || (lastShownAt !== null && now - lastShownAt < GUARD_MS)) return null;
  return (
    prompts.find(
      (prompt) =>
        !heldBack(prompt, records[prompt.id], now) &&
        triggered(prompt.triggers, happening, session.happened, keys),
    ) ?? null
  );
}
