"use strict";

// The answer on this page. What is needed to go on with it after a reload is in sessionStorage: its id, the text, and the id of the last
// event that is in the text; the three are always of the same moment.
const stored = "answer";
const slowBytes = 60, slowPause = 100, pollEvery = 500, saveEvery = 500;
const lasts = {
  end: "The answer is complete.",
  stopped: "Stopped.",
  failure: "The model has failed.",
  quota: "The quota is used up.",
  interrupted: "The rest of the answer is not to be had.",
};

const at = id => document.getElementById(id);
const answerText = at("answer").appendChild(document.createTextNode("")); // text, whatever is in it: never HTML
const number = new Intl.NumberFormat("en");

let answer = null;  // { id, question, text, lastEventId, ended }
let reading = null; // what is being followed: close() leaves it
let events = 0, largest = 0;
let seen = [];      // where the model was, and when: [time, position]
let timer = 0;

function say(state, text, canRetry = false) {
  at("status").dataset.state = state;
  at("said").textContent = text;
  at("again").hidden = !canRetry;
  const isOpen = state === "open" || state === "waiting";
  at("stop").disabled = !answer || Boolean(answer.ended);
  at("answer").setAttribute("aria-busy", String(isOpen));
}

function save() {
  try {
    if (answer) sessionStorage.setItem(stored, JSON.stringify(answer));
  } catch {
    // No room, or not allowed: then a reload begins anew.
  }
}

function show() {
  answerText.data = answer.text;
  at("question").value = answer.question;
  figures();
}

// What comes: text, a place to begin anew at, an end.

function onText(data, id) {
  const text = JSON.parse(data);
  const box = at("answer");
  const follows = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  answer.text += text;
  answer.lastEventId = id;
  answerText.appendData(text);
  if (follows) box.scrollTop = box.scrollHeight;
  events++;
  largest = Math.max(largest, text.length);
  figures();
}

function onLost(data, id) {
  answer.text = "";
  answer.lost = JSON.parse(data).position; // so many characters are not kept any more
  answer.lastEventId = id;
  show();
}

function onLast(kind, data) {
  leave();
  const { message, retryAfter } = JSON.parse(data || "{}");
  answer.ended = [kind === "end" ? "end" : kind === "stopped" ? "idle" : "failed", (message ?? lasts[kind]) + (retryAfter ? ` Try again in ${number.format(retryAfter)} s.` : "")];
  save();
  say(...answer.ended);
  poll(); // the last figures
}

// Following, as fast as it comes.

function follow() {
  leave();
  if (!answer || answer.ended) return;
  say("waiting", "Connecting…");
  if (at("slow").checked) followSlowly();
  else followFast();
  timer = setInterval(poll, pollEvery);
}

function address() {
  const query = answer.lastEventId ? `?lastEventId=${encodeURIComponent(answer.lastEventId)}` : "";
  return `answers/${encodeURIComponent(answer.id)}${query}`;
}

function followFast() {
  const source = reading = new EventSource(address()); // comes back by itself, with the id of the last event
  source.onopen = () => say("open", "The model is answering.");
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) {
      leave();
      say("failed", "The server does not have this answer, or nothing more of it.", true);
    } else {
      say("waiting", "The connection is lost; connecting again…");
    }
  };
  source.onmessage = event => onText(event.data, event.lastEventId);
  source.addEventListener("lost", event => onLost(event.data, event.lastEventId));
  for (const kind of Object.keys(lasts)) source.addEventListener(kind, event => onLast(kind, event.data));
}

// Following, and taking little at a time: what is not taken stays in the way.

async function followSlowly() {
  const leaving = new AbortController();
  const own = reading = { close: () => leaving.abort() };
  const isOurs = () => reading === own;
  try {
    const response = await fetch(address(), { signal: leaving.signal, headers: { Accept: "text/event-stream" } });
    if (response.status !== 200) {
      if (isOurs()) {
        leave();
        say("failed", "The server does not have this answer, or nothing more of it.", true);
      }
      return;
    }

    say("open", "The model is answering; this page reads slowly.");
    const reader = response.body.getReader({ mode: "byob" });
    const text = new TextDecoder();
    let line = "", event = {};
    for (;;) {
      const { value, done } = await reader.read(new Uint8Array(slowBytes));
      if (!isOurs()) return;
      if (done) break;
      for (const char of text.decode(value, { stream: true })) {
        if (char !== "\n") {
          line += char;
          continue;
        }

        event = field(event, line);
        line = "";
        if (!isOurs()) return; // that was the last event
      }

      await new Promise(resolve => setTimeout(resolve, slowPause));
    }
  } catch {
    // Cut, or left.
  }

  if (!isOurs()) return;
  say("waiting", "The connection is lost; connecting again…");
  setTimeout(() => isOurs() && follow(), 1000);
}

// A line of an event stream; an empty one dispatches.
function field(event, line) {
  if (line === "") {
    const kind = event.event ?? "message";
    if (event.data === undefined) {
      if (event.id) answer.lastEventId = event.id;
    } else if (kind === "message") {
      onText(event.data, event.id ?? answer.lastEventId);
    } else if (kind === "lost") {
      onLost(event.data, event.id);
    } else if (kind in lasts) {
      onLast(kind, event.data);
    }
    return {};
  }

  const colon = line.indexOf(":");
  if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 1).replace(/^ /, "");
  return event;
}

function leave() {
  reading?.close();
  reading = null;
  clearInterval(timer);
}

// Asking and stopping.

async function ask(question) {
  leave();
  at("ask").disabled = true;
  say("waiting", "Asking…");
  try {
    const response = await fetch("answers", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ question }) });
    if (!response.ok) {
      const after = response.headers.get("Retry-After");
      const { detail } = await response.json().catch(() => ({}));
      say("failed", `${detail ?? `The server has refused (${response.status}).`}${after ? ` Try again in ${number.format(after)} s.` : ""}`);
      return;
    }

    answer = { id: (await response.json()).id, question, text: "", lastEventId: "", lost: 0, ended: null };
    [events, largest, seen] = [0, 0, []];
    save();
    show();
    follow();
  } catch {
    say("failed", "The server cannot be reached.");
  } finally {
    at("ask").disabled = false;
  }
}

async function stop() {
  at("stop").disabled = true;
  await fetch(`answers/${encodeURIComponent(answer.id)}`, { method: "DELETE" }).catch(() => at("stop").disabled = false);
}

// How far behind: the server says where the model is, and the page knows what it has. Both at the moment at which the server's word arrives,
// so that the page is never shown further behind than it was when the server spoke.

async function poll() {
  const id = answer?.id;
  try {
    const response = await fetch(`answers/${encodeURIComponent(id)}/state`);
    if (!response.ok || id !== answer?.id) return;
    const state = await response.json();
    seen.push([performance.now(), state.position]);
    if (seen.length > 1200) seen.shift();
    at("waited").textContent = `${state.secondsWaited.toFixed(1)} s`;
    at("waits").textContent = `for slow clients, ${number.format(state.waits)} times; ${number.format(state.responses)} served now`;
    figures();
  } catch {
    // The next may succeed.
  }
}

function figures() {
  const has = answer.lost + answer.text.length;
  at("page").textContent = number.format(has);
  at("events").textContent = events === 0 ? "no events yet" : `characters; ${number.format(events)} events, the largest ${number.format(largest)}`;
  if (seen.length === 0) return;
  const [time, position] = seen.at(-1);
  const behind = Math.max(0, position - has);
  at("model").textContent = number.format(Math.max(position, has));
  at("lag").textContent = `${number.format(behind)} characters`;
  at("lag-time").textContent = behind === 0 ? "it has all there is" : `where the model was ${since(time, has)} ago`;
}

function since(time, has) {
  const then = seen.findLast(([, position]) => position <= has)?.[0] ?? seen[0][0];
  return `${((time - then) / 1000).toFixed(1)} s`;
}

at("form").addEventListener("submit", event => {
  event.preventDefault();
  ask(at("question").value);
});
at("stop").addEventListener("click", stop);
at("again").addEventListener("click", follow);
at("slow").addEventListener("change", follow);
addEventListener("pagehide", save);
setInterval(save, saveEvery);

answer = JSON.parse(sessionStorage.getItem(stored) ?? "null");
if (answer) {
  show();
  if (answer.ended) say(...answer.ended);
  else follow();
}
