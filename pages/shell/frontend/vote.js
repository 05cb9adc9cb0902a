"use strict";
// One phone in a room. It asks the server for news and waits; it never polls in a hurry.
const place = (id) => document.getElementById(id);
const room = new URLSearchParams(location.search).get("room") ?? "";
const query = `room=${encodeURIComponent(room)}`;
const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
let seen = "";
let labels = "";
let latest = 0;

function show(id) {
  for (const part of ["enter", "ballot", "result"]) place(part).hidden = part !== id;
}

function say(sentence) {
  if (place("status").textContent !== sentence) place("status").textContent = sentence;
}

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

function draw(view) {
  seen = view.version;
  if (view.phase === "open") drawBallot(view);
  else if (view.phase === "shown") drawResult(view);
  else { show(""); say("You are in. Wait for the first voice."); }
}

function drawBallot(view) {
  show("ballot");
  place("title").textContent = view.round === 1 ? "Which emotion is it?" : "And now? Vote once more";
  place("hint").textContent = view.before ? `Before: ${view.names[view.before]}` : "";
  if (labels !== view.labels.join()) {
    labels = view.labels.join();
    place("labels").replaceChildren(...view.labels.map((label) => {
      const button = element("button", view.names[label]);
      button.type = "button";
      button.dataset.label = label;
      button.addEventListener("click", () => vote(label));
      return button;
    }));
  }
  mark(view.mine);
  say(view.mine ? "Your vote counts. You can change it until the answers are shown." : "");
}

function mark(mine) {
  for (const button of place("labels").children) {
    button.setAttribute("aria-pressed", String(button.dataset.label === mine));
  }
}

function drawResult(view) {
  show("result");
  place("said").replaceChildren(...view.said.map((said) => {
    const line = document.createElement("div");
    const verdict = said.right === null ? "" : said.right ? "✓ right" : "✗ wrong";
    const remark = [verdict, said.remark].filter(Boolean).join(" · ");
    line.append(element("span", said.who), element("b", said.name));
    if (remark) line.append(element("small", remark));
    return line;
  }));
  const head = element("tr", "");
  const titles = view.counts.length > 1 ? ["Votes", "before", "after"] : ["", "Votes"];
  head.append(...titles.map((title) => element("th", title)));
  const rows = view.labels.map((label) => {
    const row = element("tr", "", label === view.mine ? "mine" : "");
    const yours = label === view.mine ? " (yours)" : "";
    row.append(element("th", view.names[label] + yours));
    row.append(...view.counts.map((counts) => element("td", String(counts[label]))));
    return row;
  });
  place("counts").replaceChildren(head, ...rows);
  say(view.said.length ? "" : "The vote is closed. Look at the projector.");
}

// The seconds to wait where the server says so, with a spread, so that not all come back at once.
function patience(answer, otherwise) {
  return Number(answer.headers.get("retry-after") ?? otherwise) * (1 + Math.random());
}

async function vote(label) {
  latest += 1;
  const number = latest; // what was tapped last counts, in whatever order the answers come
  mark(label);
  for (let attempt = 0; attempt < 5 && number === latest; attempt += 1) {
    try {
      const answer = await fetch(`vote/cast?${query}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ label }),
      });
      const content = await answer.json();
      if (number !== latest) return;
      if (answer.status === 429) {
        say(content.error);
        await pause(patience(answer, 1));
        continue;
      }
      if (answer.ok) draw(content);
      else say(content.error);
      return;
    } catch {
      say("No connection. Trying again…");
      await pause(1 + Math.random());
    }
  }
  if (number !== latest) return;
  mark("");
  say("Your vote did not arrive. Choose again.");
}

async function news() {
  const began = Date.now();
  const answer = await fetch(`vote/state?${query}&seen=${seen}`, { cache: "no-store" });
  const content = await answer.json();
  if (content.phase === "gone") {
    show("enter");
    say(content.error);
    return false;
  }
  if (answer.ok) {
    const known = seen === content.version;
    draw(content);
    if (known && Date.now() - began < 1000) await pause(1 + Math.random());
    return true;
  }
  say(content.error);
  if ([401, 404].includes(answer.status)) { // no cookies, or turned off
    show("");
    return false;
  }
  await pause(patience(answer, 2));
  return true;
}

async function follow() {
  let wait = 1;
  for (;;) {
    try {
      if (!(await news())) return;
      wait = 1;
    } catch {
      say("No connection. Trying again…");
      await pause(wait * (1 + Math.random()));
      wait = Math.min(2 * wait, 10);
    }
  }
}

if (room) follow();
else show("enter");
