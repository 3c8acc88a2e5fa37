// Plays a recording: frames are fetched in blocks, in any order.
const BLOCK = 100, KEPT = 12;
const place = id => document.getElementById(id);

export class Replay {
  // `show(parts, ages, trace)` gets all parts, the time since each was new [s], and the speed of the last seconds.
  constructor(show, say) {
    this.show = show;
    this.say = say;
    this.blocks = new Map();
    this.frames = 0;
    this.frame = 0;
    this.time = 0;
    this.marks = 0;
    this.isPlaying = false;
    this.wanted = 0;
    place("player").hidden = false;
    place("play").addEventListener("click", () => this.play(!this.isPlaying));
    place("time").addEventListener("input", event => { this.play(false); this.seek(Number(event.target.value)); });
    addEventListener("keydown", event => {
      if (event.target.matches("input, select, button")) return;
      if (event.key === " ") { event.preventDefault(); this.play(!this.isPlaying); }
    });
    this.learn();
  }
  async learn() {
    let film = null;
    try {
      film = await (await fetch(`film?marks=${this.marks}`)).json();
    } catch {
      this.say("astro-nav view has ended.");
    }
    if (film) {
      const isFirst = this.frames === 0 && film.frames > 0;
      this.frames = film.frames;
      this.duration = film.duration;
      place("time").max = Math.max(film.frames - 1, 0);
      for (const mark of film.marks) this.addMark(mark);
      this.layOutMarks();
      this.say(film.problem || (film.share < 1 ? `Reading the recording: ${Math.round(100 * film.share)} %` : ""));
      if (isFirst) this.seek(0);
      if (film.share >= 1) return;
    }
    setTimeout(() => this.learn(), 700);
  }
  addMark([frame, time, text]) {
    const mark = document.createElement("button");
    mark.dataset.frame = frame;
    mark.title = `${time.toFixed(1)} s: ${text}`;
    mark.setAttribute("aria-label", mark.title);
    mark.addEventListener("click", () => { this.play(false); this.seek(frame); });
    place("marks").append(mark);
    this.marks += 1;
  }
  layOutMarks() {
    for (const mark of place("marks").children) mark.style.left = `${(100 * mark.dataset.frame) / Math.max(this.frames - 1, 1)}%`;
  }
  async block(number) {
    let block = this.blocks.get(number);
    if (!block || (block.frames.length < BLOCK && number * BLOCK + block.frames.length < this.frames)) {
      const answer = await fetch(`frames?first=${number * BLOCK}&count=${BLOCK}`);
      if (!answer.ok) throw new Error(await answer.text());
      block = await answer.json();
      this.blocks.set(number, block);
      if (this.blocks.size > KEPT) this.blocks.delete(this.blocks.keys().next().value);
    }
    return block;
  }
  async seek(frame) {
    frame = Math.min(Math.max(frame, 0), Math.max(this.frames - 1, 0));
    this.wanted = frame;
    let block = null;
    try {
      block = await this.block(Math.floor(frame / BLOCK));
    } catch (error) {
      this.say(String(error.message || error));
      this.play(false);
      return false;
    }
    if (this.wanted !== frame) return false; // the slider has gone on
    const parts = {}, since = {}, offset = frame - block.first;
    for (const [name, [time, value]] of Object.entries(block.state)) { parts[name] = value; since[name] = time; }
    for (let k = 0; k <= offset && k < block.frames.length; k++)
      for (const [name, value] of Object.entries(block.frames[k])) { parts[name] = value; since[name] = block.times[k]; }
    this.frame = frame;
    this.time = block.times[Math.min(offset, block.times.length - 1)] ?? 0;
    const ages = {};
    for (const name of Object.keys(since)) ages[name] = this.time - since[name];
    place("time").value = frame;
    place("clock").textContent = `${this.time.toFixed(1)} s of ${(this.duration || 0).toFixed(1)} s`;
    place("time").setAttribute("aria-valuetext", place("clock").textContent);
    this.show(parts, ages, this.traceSpeed(block, offset));
    return true;
  }
  // [time, speed, allowed speed] up to a frame, from its block and the one before if that has been loaded.
  traceSpeed(block, offset) {
    const rows = [], before = this.blocks.get(block.first / BLOCK - 1);
    let allowed = null;
    for (const [piece, end] of [[before, BLOCK - 1], [block, offset]])
      for (let k = 0; piece && k <= end && k < piece.frames.length; k++) {
        const { robot, safety_state: safety } = piece.frames[k];
        if (safety) allowed = safety.allowed;
        if (robot) rows.push([piece.times[k], robot.speed[0], allowed]);
      }
    return rows;
  }
  play(wanted) {
    if (this.isPlaying === wanted) return;
    this.isPlaying = wanted;
    place("play").textContent = wanted ? "Pause" : "Play";
    place("play").setAttribute("aria-label", place("play").textContent);
    if (wanted) this.run();
  }
  async run() {
    if (this.frame >= this.frames - 1) await this.seek(0);
    let clock = this.time, before = performance.now();
    while (this.isPlaying && this.frame < this.frames - 1) {
      await new Promise(done => requestAnimationFrame(done));
      const now = performance.now();
      clock += Number(place("pace").value) * Math.min((now - before) / 1000, 0.2);
      before = now;
      let next = this.frame, time = this.time;
      while (next < this.frames - 1) {
        const block = this.blocks.get(Math.floor((next + 1) / BLOCK)), at = (next + 1) % BLOCK;
        if (block && at < block.times.length) {
          if (block.times[at] - time > 1) clock = Math.max(clock, block.times[at]); // through a gap at once
          if (block.times[at] > clock) break;
          time = block.times[at];
        }
        next += 1;
        if (!block) break;
      }
      if (next !== this.frame) {
        if (!(await this.seek(next))) break;
        clock = Math.max(this.time, Math.min(clock, this.time + 0.5));
      }
    }
    this.play(false);
  }
}
