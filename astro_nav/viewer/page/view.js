// The page: takes what comes, fills in the panel, sets goals.
import { LAYERS, Scene } from "./scene.js";
import { fitCanvas } from "./drawing.js";
import { Replay } from "./replay.js";

const MM = 1000, STALE_MS = 2000, HIDDEN_MS = 10000, HISTORY_S = 30;
const place = id => document.getElementById(id);
const born = {}, history = [];
let isLive = true, isDirty = true, source = null, lastNews = 0, replay = null;

const scene = new Scene(place("stage"), name => (name in born ? (isLive ? performance.now() - born[name] : born[name]) : Infinity));
const dirty = () => { isDirty = true; };

// What comes

function take(name, value, ageMs) {
  born[name] = isLive ? performance.now() - ageMs : ageMs;
  if (name === "shape") scene.shape = value;
  else scene.set(name, value);
  dirty();
}
const NAMES = ["map", "local_map", "safety_map", "picture", "trajectory", "plan", "robot", "local_planner_status", "safety_state", "tracked_obstacles", "scan", "doors", "zones", "notes", "mission", "shape"];

function connect() {
  source = new EventSource("events");
  source.onopen = () => { lastNews = performance.now(); };
  source.onerror = () => {
    tellLink("no connection", "bad");
    if (source && source.readyState === EventSource.CLOSED) { source = null; setTimeout(() => document.hidden || source || connect(), 3000); }
  };
  for (const name of NAMES)
    source.addEventListener(name, event => {
      const [age, value] = JSON.parse(event.data);
      lastNews = performance.now();
      take(name, value, 1000 * age);
      if (name === "robot" && age < 1) remember(performance.now() / 1000, value);
    });
  source.addEventListener("alive", () => { lastNews = performance.now(); });
}
// Nobody looks at a hidden page, and then nothing is asked of the robot.
let hiding = 0;
document.addEventListener("visibilitychange", () => {
  if (!isLive) return;
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(() => { if (source) source.close(); source = null; }, HIDDEN_MS);
  else if (!source) connect();
});
function remember(time, robot) {
  const safety = scene.parts.safety_state;
  history.push([time, robot.speed[0], safety ? safety.allowed : null]);
  while (history.length && history[0][0] < time - HISTORY_S) history.shift();
}
function tellLink(words, kind) {
  place("link").textContent = words;
  place("link").className = `pill ${kind}`;
}

// The panel

function setText(id, text) {
  const element = place(id);
  if (element.textContent !== text) element.textContent = text;
}
function fillPanel() {
  const { robot, safety_state: safety, local_planner_status: status, notes, mission, trajectory } = scene.parts;
  const isHeard = !isLive || scene.ageOf("robot") < STALE_MS;
  const speed = robot && robot.speed[0];
  setText("speed", speed === null || speed === undefined || !isHeard ? "–" : Math.abs(speed) < 0.005 ? "0.00" : speed.toFixed(2).replace("-", "−"));
  fillReason(safety, status, trajectory, isHeard);
  fillGoal(mission, status);
  const rows = status && isHeard
    ? [["state", status.state], ["clearance", metres(status.clearance)], ["compared", `${status.candidates}`], ["of them free", `${status.feasible}`], ["computing time", `${status.cycle ?? "–"} ms`]]
    : [["state", "not heard"]];
  place("figures").replaceChildren(...rows.flatMap(([term, text]) => [make("dt", term), make("dd", text)]));
  const warnings = (notes || []).map(text => ["", text]);
  if (isLive && robot && !isHeard) warnings.unshift(["bad", `Nothing has been heard from the robot for ${Math.round(scene.ageOf("robot") / 1000)} s.`]);
  const key = JSON.stringify(warnings);
  if (place("notes").dataset.key !== key) {
    place("notes").dataset.key = key;
    place("notes").replaceChildren(...warnings.map(([kind, text]) => { const item = make("li", text); item.className = kind; return item; }));
  }
  if (isLive && source && source.readyState === EventSource.OPEN) isHeard && robot ? tellLink("live", "good") : tellLink("waiting for the robot", "");
}
function fillReason(safety, status, trajectory, isHeard) {
  let kind = "idle", title = "No news", text = "";
  if (safety && isHeard) {
    const planner = (status && status.reason) || (trajectory && trajectory.reason) || "";
    if (safety.limit === 0) [kind, title, text] = status && status.state !== "following" ? ["idle", capital(status.state), planner] : ["", describeDrive(planner), planner];
    else if (safety.limit === 1) [kind, title, text] = ["idle", "Stands: nobody asks for motion", planner];
    else [kind, title, text] = [safety.scale > 0.02 ? "slow" : "stop", `${safety.scale > 0.02 ? "Slowed down" : "Stopped"}: ${safety.by}`, safety.reason];
    if (!kind && status && (status.state === "blocked" || status.state === "refused")) [kind, title] = ["stop", capital(status.state)];
    if (safety.limit > 1 && planner) text += `\n${planner}`;
  }
  place("why").className = `card ${kind}`;
  setText("why-title", title);
  setText("why-text", text);
}
function describeDrive(planner) {
  const robot = scene.parts.robot, stands = robot && robot.speed.every(value => value !== null && Math.abs(value) < 0.02);
  if (stands) return planner ? "Waits" : "Stands, as the local planner wants";
  return planner ? "Drives with care" : "Drives as wanted";
}
function fillGoal(mission, status) {
  const plan = scene.parts.plan, isBusy = status && ["following", "blocked", "waiting"].includes(status.state);
  const isOurs = mission && ["sent", "driving", "canceling"].includes(mission.state);
  scene.goal = isOurs && mission.goal ? metresOf(mission.goal) : isBusy && plan && plan.goal ? metresOf(plan.goal) : null;
  let words = isLive ? "None. Drag on the map: where to, and which way to face." : "None.";
  if (isOurs) words = mission.state === "driving" ? `On the way${mission.left === null ? "" : `, ${mission.left.toFixed(1)} m left`}. ${mission.sentence}` : mission.sentence;
  else if (isBusy) words = `On the way${status.distance === null ? "" : `, ${status.distance.toFixed(1)} m left`}.`;
  else if (mission && mission.sentence) words = mission.sentence;
  setText("mission", words);
  place("cancel").disabled = !isLive || !(isOurs || isBusy);
  place("cancel").hidden = !isLive;
}
function drawStrip() {
  const canvas = place("strip"), ratio = fitCanvas(canvas), pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  if (history.length < 2) return;
  const end = history[history.length - 1][0], top = Math.max(0.5, ...history.map(row => Math.max(Math.abs(row[1] || 0), Math.min(row[2] || 0, 1.2))));
  const x = time => canvas.width * (1 - (end - time) / HISTORY_S), y = value => canvas.height * (0.96 - 0.9 * Math.min(Math.abs(value) / top, 1));
  pen.strokeStyle = scene.tint.line;
  pen.lineWidth = ratio;
  pen.beginPath(); pen.moveTo(0, y(0)); pen.lineTo(canvas.width, y(0)); pen.stroke();
  for (const [column, color] of [[2, scene.tint.good], [1, scene.tint.accent]]) {
    pen.strokeStyle = color;
    pen.lineWidth = 2 * ratio;
    pen.beginPath();
    for (const row of history) if (row[column] !== null) pen.lineTo(x(row[0]), y(row[column]));
    pen.stroke();
  }
}
const make = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
const metres = value => (value === null || value === undefined ? "–" : `${value.toFixed(2)} m`);
const metresOf = pose => [pose[0] / MM, pose[1] / MM, pose[2]];
const capital = text => text.charAt(0).toUpperCase() + text.slice(1);

// Goals

async function post(path, content) {
  try {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
    setText("problem", answer.ok ? "" : (await answer.text()).trim());
  } catch {
    setText("problem", "astro-nav view does not answer: is it still running?");
  }
}
function sendGoal([x, y, yaw]) {
  post("goal", { x: Number(x.toFixed(3)), y: Number(y.toFixed(3)), yaw: Number(yaw.toFixed(4)) });
}
place("cancel").addEventListener("click", () => post("cancel", {}));

// The pointer: dragging sets a goal, with Shift, another button or two fingers it moves the map.

const pointers = new Map();
let drag = null;
const stage = place("stage");
stage.addEventListener("contextmenu", event => event.preventDefault());
stage.addEventListener("pointerdown", event => {
  stage.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
  if (pointers.size > 1 || !isLive || event.shiftKey || event.button !== 0) drag = { kind: "move" };
  else drag = { kind: "goal", from: scene.toWorld(event.offsetX, event.offsetY), begin: [event.offsetX, event.offsetY] };
  if (drag.kind === "move") scene.draft = null;
  stage.classList.toggle("moves", drag.kind === "move");
});
stage.addEventListener("pointermove", event => {
  const before = pointers.get(event.pointerId);
  if (!before || !drag) return;
  const now = [event.offsetX, event.offsetY];
  if (drag.kind === "goal") scene.draft = aim(drag, now);
  else if (pointers.size === 1) moveMap(now[0] - before[0], now[1] - before[1]);
  else pinch(event.pointerId, before, now);
  pointers.set(event.pointerId, now);
  dirty();
});
function release(event) {
  const at = pointers.get(event.pointerId);
  pointers.delete(event.pointerId);
  if (drag && drag.kind === "goal" && event.type === "pointerup" && at) sendGoal(aim(drag, at));
  if (!pointers.size) drag = null;
  scene.draft = null;
  stage.classList.toggle("moves", !isLive);
  dirty();
}
stage.addEventListener("pointerup", release);
stage.addEventListener("pointercancel", release);
// Where to, facing where the drag leads; a mere click faces the way that one comes.
function aim({ from, begin }, now) {
  const length = Math.hypot(now[0] - begin[0], now[1] - begin[1]);
  if (length > 10) return [...from, Math.atan2(begin[1] - now[1], now[0] - begin[0])];
  const robot = scene.robotPose();
  return [...from, robot ? Math.atan2(from[1] - robot[1], from[0] - robot[0]) : 0];
}
function moveMap(dx, dy) {
  setFollowing(false);
  scene.move(-dx / scene.camera.scale, dy / scene.camera.scale);
}
function pinch(id, before, now) {
  const other = [...pointers].find(([key]) => key !== id)[1];
  const [was, is] = [before, now].map(point => Math.hypot(point[0] - other[0], point[1] - other[1]));
  if (was > 5 && is > 5) scene.zoom(is / was, (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  moveMap((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
}
stage.addEventListener("wheel", event => {
  event.preventDefault();
  scene.zoom(Math.exp(-0.0015 * event.deltaY * (event.deltaMode ? 20 : 1)), event.offsetX, event.offsetY);
  dirty();
}, { passive: false });
stage.addEventListener("keydown", event => {
  const step = 60, keys = {
    ArrowLeft: () => moveMap(step, 0), ArrowRight: () => moveMap(-step, 0), ArrowUp: () => moveMap(0, step), ArrowDown: () => moveMap(0, -step),
    "+": () => scene.zoom(1.25), "-": () => scene.zoom(0.8), 0: () => showWhole(), f: () => setFollowing(!scene.follows), F: () => setFollowing(!scene.follows),
  };
  if (event.key in keys) { event.preventDefault(); keys[event.key](); dirty(); }
});
addEventListener("keydown", event => {
  if (event.key === "Escape" && drag) { drag = null; scene.draft = null; dirty(); }
});
function setFollowing(wanted) {
  scene.follows = wanted;
  place("follow").setAttribute("aria-pressed", String(wanted));
  dirty();
}
function showWhole() { setFollowing(false); scene.fit(); dirty(); }
place("closer").addEventListener("click", () => { scene.zoom(1.3); dirty(); });
place("farther").addEventListener("click", () => { scene.zoom(1 / 1.3); dirty(); });
place("whole").addEventListener("click", showWhole);
place("follow").addEventListener("click", () => {
  setFollowing(!scene.follows);
  if (scene.follows && scene.camera.scale < 90) scene.camera.scale = 110;
});

// The beginning

for (const [name, words, color] of LAYERS) {
  const label = make("label", ""), box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true, id: `layer-${name}` });
  box.addEventListener("change", () => { box.checked ? scene.shown.add(name) : scene.shown.delete(name); dirty(); });
  label.style.setProperty("--tint", color.startsWith("--") ? `var(${color})` : color);
  label.append(box, words);
  place("layers").append(label);
}
function showFrame(parts, ages, trace) {
  scene.parts = {};
  for (const [name, value] of Object.entries(parts)) {
    const isSame = scene.shownParts && scene.shownParts[name] === value;
    if (isSame) { scene.parts[name] = value; born[name] = 1000 * ages[name]; }
    else take(name, value, 1000 * ages[name]);
  }
  scene.shownParts = { ...scene.parts };
  history.splice(0, history.length, ...trace.filter(row => row[0] >= trace[trace.length - 1][0] - HISTORY_S));
  dirty();
}
function loop() {
  if (isDirty) {
    isDirty = false;
    fillPanel();
    scene.draw();
    drawStrip();
  }
  requestAnimationFrame(loop);
}
setInterval(dirty, 500); // what grows old looks older
new ResizeObserver(dirty).observe(stage);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { scene.readTints(); dirty(); });

async function begin() {
  let about = null;
  while (!about) {
    try {
      about = await (await fetch("about.json")).json();
    } catch {
      tellLink("no connection", "bad");
      await new Promise(done => setTimeout(done, 2000));
    }
  }
  isLive = about.mode === "live";
  scene.shape = about.robot;
  place("title").textContent = about.title;
  document.title = `${about.title} – Astro Nav`;
  if (isLive) {
    place("hint").textContent = "Drag on the map to set a goal · wheel zooms · Shift + drag moves the map";
    connect();
  } else {
    stage.classList.add("moves");
    place("hint").textContent = "Space plays and pauses · wheel zooms · drag moves the map";
    tellLink("recording", "");
    replay = new Replay(showFrame, words => { tellLink(words || "recording", words ? "bad" : ""); });
  }
  loop();
}
begin();
