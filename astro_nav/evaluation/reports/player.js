"use strict";
// Plays the films of the page: each is a JSON object of the page, its long rows packed as 16-bit numbers (cm, mrad; NONE = missing).
(() => {
  const NONE = -32768, ANGLE = 1000, LENGTH = 100;
  const place = id => document.getElementById(id);
  const root = place("player");
  if (!root) return;
  const canvas = place("stage"), strip = place("strip"), slider = place("time"), button = place("play");
  const unpack = text => {
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    return new Int16Array(bytes.buffer);
  };
  const films = Array.from(document.querySelectorAll("script.film"), element => {
    const film = JSON.parse(element.textContent);
    for (const name of ["poses", "people", "tracks", "plan", "candidates", "speeds", "clearances"]) film[name] = unpack(film[name]);
    return film;
  });
  let film = films[0], frame = 0, playing = false, fresh = true, clock = 0, before = 0, tint = {};

  function readTints() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["floor", "wall", "thing", "unmapped", "door", "robot", "screen", "person", "way", "ink", "muted", "line", "good", "bad", "accent", "card"])
      tint[name] = style.getPropertyValue("--" + name).trim();
  }
  function fit(target) {
    const ratio = devicePixelRatio || 1, box = target.getBoundingClientRect();
    const width = Math.round(box.width * ratio), height = Math.round(box.height * ratio);
    if (target.width !== width || target.height !== height) { target.width = width; target.height = height; }
    return ratio;
  }
  function polygon(pen, points, dx, dy, turn) {
    const c = Math.cos(turn || 0), s = Math.sin(turn || 0);
    pen.beginPath();
    for (let k = 0; k < points.length; k += 2) {
      const x = points[k] / LENGTH, y = points[k + 1] / LENGTH;
      pen.lineTo((dx || 0) + c * x - s * y, (dy || 0) + s * x + c * y);
    }
    pen.closePath();
  }
  function line(pen, values, begin, count) {
    pen.beginPath();
    for (let k = 0; k < count; k++) {
      if (values[begin + 2 * k] === NONE) break;
      pen.lineTo(values[begin + 2 * k] / LENGTH, values[begin + 2 * k + 1] / LENGTH);
    }
    pen.stroke();
  }
  function drawThings(pen, things) {
    for (const thing of things) {
      polygon(pen, thing.at);
      pen.fillStyle = tint[thing.kind];
      pen.fill();
    }
  }
  const rainbow = share => `hsl(${Math.round(140 - 135 * share)} 75% 45%)`;

  function drawCandidates(pen, number) {
    const ways = film.shape.ways, points = film.shape.points, size = ways * points * 2;
    for (let way = 0; way < ways; way++) {
      const begin = number * size + way * points * 2;
      if (film.candidates[begin] === NONE) continue;
      const badness = 1 - way / Math.max(ways - 1, 1);
      pen.strokeStyle = rainbow(badness);
      pen.globalAlpha = 0.85 - 0.5 * badness;
      line(pen, film.candidates, begin, points);
    }
    pen.globalAlpha = 1;
  }
  function drawPath(pen, number) {
    for (let k = 1; k <= number; k++) {
      pen.beginPath();
      pen.moveTo(film.poses[4 * k - 4] / LENGTH, film.poses[4 * k - 3] / LENGTH);
      pen.lineTo(film.poses[4 * k] / LENGTH, film.poses[4 * k + 1] / LENGTH);
      const share = Math.min(Math.abs(film.speeds[k]) / (LENGTH * film.max_speed), 1);
      pen.strokeStyle = `hsl(${Math.round(270 - 210 * share)} 65% 50%)`;
      pen.stroke();
    }
  }
  function drawDiscs(pen, values, stride, number, count, fill) {
    for (let k = 0; k < count; k++) {
      const at = (number * count + k) * stride;
      if (values[at] === NONE) continue;
      const x = values[at] / LENGTH, y = values[at + 1] / LENGTH, radius = values[at + 2] / LENGTH;
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      if (fill) { pen.fillStyle = tint.person; pen.fill(); }
      else {
        pen.strokeStyle = tint.person;
        pen.stroke();
        pen.beginPath();
        pen.moveTo(x, y);
        pen.lineTo(x + values[at + 3] / LENGTH, y + values[at + 4] / LENGTH);
        pen.stroke();
      }
    }
  }
  function drawRobot(pen, x, y, yaw, screen) {
    polygon(pen, film.footprint, x, y, yaw);
    pen.fillStyle = tint.robot;
    pen.fill();
    if (screen !== NONE) {
      const front = 0.35 * film.front / LENGTH;
      polygon(pen, film.screen, x + front * Math.cos(yaw), y + front * Math.sin(yaw), yaw + screen / ANGLE);
      pen.fillStyle = tint.screen;
      pen.fill();
      pen.strokeStyle = tint.ink;
      pen.lineWidth = 0.015;
      pen.stroke();
    }
  }
  function drawStage() {
    const ratio = fit(canvas), pen = canvas.getContext("2d"), number = frame;
    const [x0, y0, x1, y1] = film.bounds.map(value => value / LENGTH);
    const px = film.poses[4 * number] / LENGTH, py = film.poses[4 * number + 1] / LENGTH, yaw = film.poses[4 * number + 2] / ANGLE;
    const near = place("near").checked;
    const half = near ? 3 : 0.5 * Math.max((x1 - x0) * canvas.height / canvas.width, y1 - y0);
    const scale = canvas.height / (2 * half);
    const cx = near ? px + 0.6 * Math.cos(yaw) : 0.5 * (x0 + x1), cy = near ? py + 0.6 * Math.sin(yaw) : 0.5 * (y0 + y1);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = tint.floor;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.setTransform(scale, 0, 0, -scale, canvas.width / 2 - scale * cx, canvas.height / 2 + scale * cy);
    pen.lineCap = pen.lineJoin = "round";
    const pixel = ratio / scale;
    drawThings(pen, film.things);
    for (const move of film.moving[number] || []) drawThings(pen, [film.shapes[move]]);
    film.goals.forEach((goal, k) => {
      pen.strokeStyle = pen.fillStyle = goal.reached ? tint.accent : tint.bad;
      pen.lineWidth = 2 * pixel;
      const [gx, gy, turn] = [goal.at[0] / LENGTH, goal.at[1] / LENGTH, goal.at[2] / ANGLE];
      pen.beginPath(); pen.arc(gx, gy, 0.13, 0, 2 * Math.PI); pen.fill();
      pen.beginPath(); pen.moveTo(gx, gy); pen.lineTo(gx + 0.45 * Math.cos(turn), gy + 0.45 * Math.sin(turn)); pen.stroke();
    });
    pen.lineWidth = 3 * pixel;
    drawPath(pen, number);
    pen.lineWidth = 1.2 * pixel;
    if (place("ways").checked) drawCandidates(pen, number);
    pen.lineWidth = 3 * pixel;
    pen.strokeStyle = tint.ink;
    line(pen, film.plan, number * film.shape.plan * 2, film.shape.plan);
    drawDiscs(pen, film.people, 3, number, film.shape.people, true);
    pen.lineWidth = 1.5 * pixel;
    drawDiscs(pen, film.tracks, 5, number, film.shape.tracks, false);
    drawRobot(pen, px, py, yaw, film.poses[4 * number + 3]);
    pen.lineWidth = 4 * pixel;
    for (const contact of film.contacts) {
      if (contact.frame > number) continue;
      const [x, y] = [contact.at[0] / LENGTH, contact.at[1] / LENGTH];
      pen.strokeStyle = tint.bad;
      pen.beginPath(); pen.moveTo(x - .15, y - .15); pen.lineTo(x + .15, y + .15); pen.moveTo(x - .15, y + .15); pen.lineTo(x + .15, y - .15); pen.stroke();
    }
    drawScaleBar(pen, ratio, scale);
  }
  function drawScaleBar(pen, ratio, scale) {
    const length = scale > 30 * ratio ? 1 : 5, x = 14 * ratio, y = canvas.height - 14 * ratio;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.strokeStyle = pen.fillStyle = tint.ink;
    pen.lineWidth = 3 * ratio;
    pen.beginPath(); pen.moveTo(x, y); pen.lineTo(x + length * scale, y); pen.stroke();
    pen.font = `${12 * ratio}px system-ui, sans-serif`;
    pen.fillText(length + " m", x, y - 6 * ratio);
  }
  function drawCurve(pen, values, low, high, color, ratio) {
    const count = film.times.length;
    pen.strokeStyle = color;
    pen.lineWidth = 1.6 * ratio;
    pen.beginPath();
    for (let k = 0; k < count; k++) {
      const y = Math.min(Math.max((values[k] / LENGTH - low) / (high - low), 0), 1);
      pen.lineTo(strip.width * k / Math.max(count - 1, 1), strip.height * (0.95 - 0.88 * y));
    }
    pen.stroke();
  }
  function drawStrip() {
    const ratio = fit(strip), pen = strip.getContext("2d");
    pen.fillStyle = tint.floor;
    pen.fillRect(0, 0, strip.width, strip.height);
    drawCurve(pen, film.clearances, 0, 1.5, tint.good, ratio);
    drawCurve(pen, film.speeds, 0, film.max_speed, tint.accent, ratio);
    pen.font = `${11 * ratio}px system-ui, sans-serif`;
    pen.strokeStyle = tint.floor;
    pen.lineWidth = 4 * ratio;
    [[tint.accent, `speed, up to ${film.max_speed} m/s`], [tint.good, "clearance, up to 1.5 m"]].forEach(([color, words], row) => {
      pen.fillStyle = color;
      pen.strokeText(words, 8 * ratio, (14 + 14 * row) * ratio);
      pen.fillText(words, 8 * ratio, (14 + 14 * row) * ratio);
    });
    const x = strip.width * frame / Math.max(film.times.length - 1, 1);
    pen.strokeStyle = tint.ink;
    pen.lineWidth = 1.5 * ratio;
    pen.beginPath(); pen.moveTo(x, 0); pen.lineTo(x, strip.height); pen.stroke();
  }
  function show(number) {
    frame = Math.min(Math.max(number, 0), film.times.length - 1);
    slider.value = frame;
    const time = film.times[frame].toFixed(1) + " s", clearance = film.clearances[frame];
    slider.setAttribute("aria-valuetext", `${time} of ${film.times[film.times.length - 1].toFixed(1)} s`);
    place("numbers").textContent = `${time} · ${(film.speeds[frame] / LENGTH).toFixed(2)} m/s · clearance ` +
      (clearance === NONE ? "–" : `${(clearance / LENGTH).toFixed(2)} m`);
    place("says").textContent = film.sentences[film.says[frame]] || "Nothing limits the speed.";
    drawStage();
    drawStrip();
  }
  function play(wanted) {
    playing = wanted;
    button.textContent = playing ? "Pause" : "Play";
    if (!playing) return;
    if (fresh || frame >= film.times.length - 1) frame = 0;
    fresh = false;
    clock = film.times[frame];
    before = performance.now();
    requestAnimationFrame(tick);
  }
  function tick(now) {
    if (!playing) return;
    clock += Number(place("pace").value) * Math.min((now - before) / 1000, 0.2);
    before = now;
    let number = frame;
    while (number < film.times.length - 1 && film.times[number + 1] <= clock) number++;
    show(number);
    if (number >= film.times.length - 1) play(false);
    else requestAnimationFrame(tick);
  }
  function choose(number) {
    film = films[number];
    place("film").value = number;
    slider.max = film.times.length - 1;
    canvas.setAttribute("aria-label", film.title + ": " + film.outcome);
    place("outcome").textContent = film.outcome;
    play(false);
    fresh = true;
    show(film.poster);
  }
  button.addEventListener("click", () => play(!playing));
  slider.addEventListener("input", () => { play(false); fresh = false; show(Number(slider.value)); });
  place("film").addEventListener("change", event => choose(Number(event.target.value)));
  for (const id of ["near", "ways"]) place(id).addEventListener("change", () => show(frame));
  strip.addEventListener("pointerdown", event => {
    play(false);
    fresh = false;
    show(Math.round((event.offsetX / strip.clientWidth) * (film.times.length - 1)));
  });
  for (const link of document.querySelectorAll("a[data-film]")) link.addEventListener("click", () => choose(Number(link.dataset.film)));
  addEventListener("resize", () => show(frame));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readTints(); show(frame); });
  readTints();
  choose(0);
})();
