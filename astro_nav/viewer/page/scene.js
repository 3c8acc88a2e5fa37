// Draws what has come: everything on one canvas, in the map's frame, in metres.
import { MM, drawArrow, drawWay, findKnown, fitCanvas, pack, readColor } from "./drawing.js";
const GHOST = 0.3;
const OLD_MS = 800; // what the local planner considered is drawn faintly from then on

export const LAYERS = [
  ["candidates", "candidates", "#4caf50"], ["trajectory", "chosen motion", "--chosen"], ["guidance", "guidance", "--goal"], ["plan", "route", "--way"],
  ["people", "people", "--person"], ["doors", "doors", "#2e9e55"], ["zones", "zones", "#c62828"], ["scan", "scan", "--scan"], ["map", "map", "--wall"], ["local_map", "local map", "--local"], ["safety_map", "safety map", "--safety"],
];

const compose = (a, b) => {
  const c = Math.cos(a[2]), s = Math.sin(a[2]);
  return [a[0] + c * b[0] - s * b[1], a[1] + s * b[0] + c * b[1], a[2] + b[2]];
};
const toMetres = pose => [pose[0] / MM, pose[1] / MM, pose[2]];

export class Scene {
  constructor(canvas, ageOf) {
    this.canvas = canvas;
    this.ageOf = ageOf; // milliseconds since a part was new
    this.parts = {};
    this.shown = new Set(LAYERS.map(layer => layer[0]));
    this.shape = { footprint: [], frames: { map: "map", odom: "odom", base: "base_link" }, screen: false };
    this.camera = { x: 0, y: 0, scale: 60 };
    this.follows = false;
    this.draft = null; // [x, y, yaw] of a goal that is being set
    this.goal = null;
    this.images = {};
    this.tint = {};
    this.readTints();
  }
  readTints() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["floor", "unknown", "wall", "robot", "screen", "person", "way", "chosen", "local", "safety", "scan", "goal", "ink", "muted", "card", "line", "accent", "good", "bad"])
      this.tint[name] = style.getPropertyValue("--" + name).trim();
    this.images = {};
  }
  set(name, value) {
    this.parts[name] = value;
    delete this.images[name];
    if (name === "map" && !this.hasFitted) { this.hasFitted = true; this.fit(); }
  }
  clear() {
    this.parts = {};
    this.images = {};
  }
  // Pose of a frame in the map.
  frame(name) {
    const frames = this.shape.frames, robot = this.parts.robot;
    if (name !== frames.map && name === frames.odom && robot && robot.odom) return toMetres(robot.odom);
    return [0, 0, 0];
  }
  robotPose() {
    const robot = this.parts.robot;
    return robot && robot.at ? compose(this.frame(this.shape.frames.odom), toMetres(robot.at)) : null;
  }
  fit() {
    const grid = this.parts.map, box = this.canvas.getBoundingClientRect();
    if (!grid || !grid.origin || !box.width) return;
    const [x0, y0, x1, y1] = findKnown(grid);
    const middle = compose(toMetres(grid.origin), [0.5 * (x0 + x1), 0.5 * (y0 + y1), 0]);
    // Room for the buttons on the right and the hint below.
    const scale = Math.min((box.width - 130) / Math.max(x1 - x0, 1), (box.height - 84) / Math.max(y1 - y0, 1));
    this.camera = { x: middle[0] + 45 / scale, y: middle[1] - 14 / scale, scale };
  }
  zoom(factor, px, py) {
    const box = this.canvas.getBoundingClientRect();
    const before = this.toWorld(px ?? box.width / 2, py ?? box.height / 2);
    this.camera.scale = Math.min(Math.max(this.camera.scale * factor, 2), 1500);
    const after = this.toWorld(px ?? box.width / 2, py ?? box.height / 2);
    this.move(before[0] - after[0], before[1] - after[1]);
  }
  move(dx, dy) { this.camera.x += dx; this.camera.y += dy; }
  toWorld(px, py) {
    const box = this.canvas.getBoundingClientRect();
    return [this.camera.x + (px - box.width / 2) / this.camera.scale, this.camera.y - (py - box.height / 2) / this.camera.scale];
  }

  draw() {
    const ratio = fitCanvas(this.canvas), pen = this.canvas.getContext("2d"), robot = this.robotPose();
    if (this.follows && robot) { this.camera.x = robot[0]; this.camera.y = robot[1]; }
    const scale = this.camera.scale * ratio;
    this.pixel = ratio / scale;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = this.tint.unknown;
    pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.base = [scale, 0, 0, -scale, this.canvas.width / 2 - scale * this.camera.x, this.canvas.height / 2 + scale * this.camera.y];
    pen.lineCap = pen.lineJoin = "round";
    for (const name of ["map", "local_map", "safety_map"]) this.drawGrid(pen, name);
    this.drawZones(pen);
    this.drawPlan(pen);
    this.drawScan(pen);
    this.drawDoors(pen);
    this.drawPicture(pen);
    this.drawTrajectory(pen);
    this.drawPeople(pen);
    this.drawContact(pen);
    if (robot) this.drawRobot(pen, robot, 1, this.parts.robot.screen);
    this.drawGoal(pen);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    this.drawScaleBar(pen, ratio, scale);
  }
  place(pen, pose) {
    pen.setTransform(...this.base);
    pen.translate(pose[0], pose[1]);
    pen.rotate(pose[2]);
  }
  inFrame(pen, part) { this.place(pen, this.frame(part.frame)); }

  drawGrid(pen, name) {
    const grid = this.parts[name];
    if (!grid || !grid.origin || !this.shown.has(name) || (name !== "map" && this.ageOf(name) > 3000)) return;
    const image = this.images[name] || (this.images[name] = this.paintGrid(name, grid));
    const width = grid.size[0] * grid.resolution, height = grid.size[1] * grid.resolution;
    this.place(pen, compose(this.frame(grid.frame), toMetres(grid.origin)));
    pen.imageSmoothingEnabled = false;
    pen.drawImage(image, 0, 0, width, height);
    if (name === "map") return;
    pen.strokeStyle = this.tint[name === "local_map" ? "local" : "safety"];
    pen.lineWidth = 1.2 * this.pixel;
    pen.setLineDash([6 * this.pixel, 5 * this.pixel]);
    pen.globalAlpha = 0.6;
    pen.strokeRect(0, 0, width, height);
    pen.globalAlpha = 1;
    pen.setLineDash([]);
  }
  paintGrid(name, grid) {
    const [width, height] = grid.size, image = document.createElement("canvas");
    image.width = width;
    image.height = height;
    const pen = image.getContext("2d"), data = pen.createImageData(width, height), cells = new Uint32Array(data.data.buffer);
    const shades = this.shadesOf(name);
    let at = 0;
    for (let k = 0; k < grid.cells.length; k += 2) {
      cells.fill(shades[grid.cells[k]], at, at + grid.cells[k + 1]);
      at += grid.cells[k + 1];
    }
    pen.putImageData(data, 0, 0);
    return image;
  }
  shadesOf(name) {
    const [floor, wall, unknown] = [readColor(this.tint.floor), readColor(this.tint.wall), readColor(this.tint.unknown)];
    const mix = share => floor.map((value, k) => Math.round(value + share * (wall[k] - value)));
    if (name === "map") return [mix(0), mix(0.25), mix(0.5), mix(0.75), mix(1), unknown].map(color => pack(color, 255));
    const color = readColor(this.tint[name === "local_map" ? "local" : "safety"]);
    return [0, 50, 90, 130, 175, 0].map(opacity => pack(color, opacity));
  }
  drawZones(pen) {
    const zones = this.parts.zones;
    if (!zones || !this.shown.has("zones")) return;
    this.inFrame(pen, zones);
    pen.lineWidth = 2 * this.pixel;
    for (const line of zones.lines) {
      pen.strokeStyle = pen.fillStyle = `rgb(${line[0]} ${line[1]} ${line[2]})`;
      drawWay(pen, line, 4);
      pen.globalAlpha = 0.13;
      pen.fill();
      pen.globalAlpha = 1;
    }
  }
  drawDoors(pen) {
    const doors = this.parts.doors;
    if (!doors || !this.shown.has("doors")) return;
    this.inFrame(pen, doors);
    pen.lineWidth = 5 * this.pixel;
    for (const line of doors.lines) {
      pen.strokeStyle = `rgb(${line[0]} ${line[1]} ${line[2]})`;
      drawWay(pen, line, 4);
    }
    const written = []; // words that would lie on others are left out: closer up there is room for them
    for (const [x, y, text] of doors.labels) {
      const px = (x / MM) * this.camera.scale, py = (y / MM) * this.camera.scale;
      if (this.camera.scale < 35 || written.some(other => Math.abs(px - other[0]) < 150 && Math.abs(py - other[1]) < 20)) continue;
      written.push([px, py]);
      this.inFrame(pen, doors);
      this.label(pen, x / MM, y / MM, text, 0.1);
    }
  }
  drawScan(pen) {
    const scan = this.parts.scan;
    if (!scan || !this.shown.has("scan") || this.ageOf("scan") > 1500) return;
    this.inFrame(pen, scan);
    pen.fillStyle = this.tint.scan;
    const size = 3 * this.pixel;
    for (let k = 0; k + 1 < scan.points.length; k += 2) pen.fillRect(scan.points[k] / MM - size / 2, scan.points[k + 1] / MM - size / 2, size, size);
  }
  drawPlan(pen) {
    const plan = this.parts.plan;
    if (!plan || !this.shown.has("plan")) return;
    this.inFrame(pen, plan);
    pen.strokeStyle = this.tint.way;
    pen.lineWidth = 3 * this.pixel;
    pen.setLineDash([2 * this.pixel, 7 * this.pixel]);
    drawWay(pen, plan.points, 0);
    pen.setLineDash([]);
  }
  drawPicture(pen) {
    const picture = this.parts.picture;
    if (!picture || this.ageOf("picture") > 2500) return;
    const fading = this.ageOf("picture") > OLD_MS ? 0.35 : 1;
    this.inFrame(pen, picture);
    for (const [name, ways] of Object.entries(picture.lines)) {
      const layer = name === "people" ? "people" : name;
      if (name === "robot" || name === "trajectory" || !this.shown.has(layer)) continue;
      const own = name === "guidance" ? this.tint.goal : name === "people" ? this.tint.person : "";
      pen.lineWidth = (name === "candidates" ? 1.3 : 2) * this.pixel;
      for (const way of ways) {
        pen.strokeStyle = own || `rgb(${way[0]} ${way[1]} ${way[2]})`;
        pen.globalAlpha = fading * way[3];
        drawWay(pen, way, 4);
      }
    }
    pen.globalAlpha = 1;
  }
  drawTrajectory(pen) {
    const chosen = this.parts.trajectory;
    if (!chosen || !this.shown.has("trajectory") || chosen.points.length < 4 || this.ageOf("trajectory") > 1500) return;
    this.inFrame(pen, chosen);
    pen.strokeStyle = this.tint.floor;
    pen.lineWidth = 6 * this.pixel;
    drawWay(pen, chosen.points, 0);
    pen.strokeStyle = this.tint.chosen;
    pen.lineWidth = 3.5 * this.pixel;
    drawWay(pen, chosen.points, 0);
    if (chosen.end) this.drawRobot(pen, compose(this.frame(chosen.frame), toMetres(chosen.end)), GHOST, null);
  }
  drawPeople(pen) {
    const tracked = this.parts.tracked_obstacles;
    if (!tracked || !this.shown.has("people") || this.ageOf("tracked_obstacles") > 1500) return;
    for (const person of tracked.people) {
      this.inFrame(pen, tracked);
      const [x, y, vx, vy, radius] = person.at.map(value => value / MM);
      pen.fillStyle = pen.strokeStyle = this.tint.person;
      pen.globalAlpha = person.person ? 0.35 : 0.15;
      pen.beginPath(); pen.arc(x, y, radius, 0, 2 * Math.PI); pen.fill();
      pen.globalAlpha = person.person ? 1 : 0.6;
      pen.lineWidth = 2 * this.pixel;
      pen.stroke();
      if (person.moving) {
        drawArrow(pen, [x, y], [x + vx, y + vy], 3 * this.pixel, 9 * this.pixel);
        pen.setLineDash([1 * this.pixel, 6 * this.pixel]);
        drawWay(pen, person.ahead, 0);
        pen.setLineDash([]);
      }
      pen.globalAlpha = 1;
      const speed = Math.hypot(vx, vy);
      if (person.person || person.moving) this.label(pen, x, y, person.moving ? `${person.name}  ${speed.toFixed(1)} m/s` : person.name, radius);
    }
  }
  drawContact(pen) {
    const safety = this.parts.safety_state;
    if (!safety || !safety.contact || safety.scale >= 1 || this.ageOf("safety_state") > 1500) return;
    this.inFrame(pen, safety);
    const [x, y] = [safety.contact[0] / MM, safety.contact[1] / MM], arm = 7 * this.pixel;
    pen.strokeStyle = this.tint.bad;
    pen.lineWidth = 3 * this.pixel;
    pen.beginPath(); pen.moveTo(x - arm, y - arm); pen.lineTo(x + arm, y + arm); pen.moveTo(x - arm, y + arm); pen.lineTo(x + arm, y - arm); pen.stroke();
  }
  drawRobot(pen, pose, opacity, screen) {
    const outline = this.shape.footprint;
    if (outline.length < 6) return;
    this.place(pen, pose);
    pen.globalAlpha = opacity * (opacity === 1 && this.ageOf("robot") > 1500 ? 0.45 : 1);
    pen.fillStyle = pen.strokeStyle = this.tint.robot;
    pen.lineWidth = 2 * this.pixel;
    pen.beginPath();
    for (let k = 0; k < outline.length; k += 2) pen.lineTo(outline[k] / MM, outline[k + 1] / MM);
    pen.closePath();
    if (opacity < 1) pen.stroke(); else pen.fill();
    const xs = outline.filter((_, k) => k % 2 === 0), ys = outline.filter((_, k) => k % 2 === 1);
    const front = Math.max(...xs) / MM, length = front - Math.min(...xs) / MM, width = (Math.max(...ys) - Math.min(...ys)) / MM;
    if (opacity === 1) { // where the front is
      pen.fillStyle = this.tint.screen;
      pen.beginPath(); pen.moveTo(front - 0.02 * length, 0); pen.lineTo(front - 0.14 * length, 0.17 * width); pen.lineTo(front - 0.14 * length, -0.17 * width); pen.fill();
    }
    if (screen !== null && screen !== undefined && this.shape.screen) {
      pen.translate(0.35 * front, 0);
      pen.rotate(screen);
      pen.fillStyle = this.tint.screen;
      pen.strokeStyle = this.tint.ink;
      pen.lineWidth = 1.5 * this.pixel;
      pen.beginPath(); pen.rect(-0.06 * length, -0.35 * width, 0.12 * length, 0.7 * width); pen.fill(); pen.stroke();
    }
    pen.globalAlpha = 1;
  }
  drawGoal(pen) {
    for (const [pose, opacity] of [[this.goal, 0.9], [this.draft, 0.7]]) {
      if (!pose) continue;
      this.place(pen, pose);
      pen.globalAlpha = opacity;
      pen.fillStyle = pen.strokeStyle = this.tint.goal;
      const size = Math.max(0.35, 26 * this.pixel), outline = this.shape.footprint;
      pen.lineWidth = 2 * this.pixel;
      pen.beginPath();
      for (let k = 0; k < outline.length; k += 2) pen.lineTo(outline[k] / MM, outline[k + 1] / MM);
      pen.closePath(); pen.stroke();
      pen.beginPath(); pen.arc(0, 0, 5 * this.pixel, 0, 2 * Math.PI); pen.fill();
      drawArrow(pen, [0, 0], [size, 0], 3.5 * this.pixel, 11 * this.pixel);
      pen.globalAlpha = 1;
    }
  }
  label(pen, x, y, text, radius) {
    const at = pen.getTransform().transformPoint(new DOMPoint(x, y)), size = this.base[0] * this.pixel;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.font = `${Math.round(12.5 * size)}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.lineWidth = 4 * size;
    pen.strokeStyle = this.tint.floor;
    pen.fillStyle = this.tint.ink;
    const height = at.y - radius * this.base[0] - 7 * size;
    pen.strokeText(text, at.x, height);
    pen.fillText(text, at.x, height);
    pen.textAlign = "left";
  }
  drawScaleBar(pen, ratio, scale) {
    const length = [0.5, 1, 2, 5, 10, 20, 50].find(value => value * scale > 60 * ratio) || 100, x = 16 * ratio, y = this.canvas.height - 16 * ratio;
    pen.strokeStyle = pen.fillStyle = this.tint.ink;
    pen.lineWidth = 3 * ratio;
    pen.beginPath(); pen.moveTo(x, y); pen.lineTo(x + length * scale, y); pen.stroke();
    pen.font = `${12 * ratio}px system-ui, sans-serif`;
    pen.fillText(length + " m", x, y - 7 * ratio);
  }
}
