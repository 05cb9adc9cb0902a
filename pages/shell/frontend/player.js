// One player for sound and picture. wavesurfer.js plays, draws the waveform, the playhead and the
// selected stretch; the spectrogram and the emotions are panels of ours inside its wrapper, so that
// playhead, clicks and drags cover them, too. `WaveSurfer`, `RegionsPlugin` and `TimelinePlugin`
// stand above this text (pages/shell/player.py).

const HEIGHTS = {
  full: { waveform: 90, spectrogram: 200, emotion: 28, gap: 8, timeline: 22 },
  compact: { waveform: 40, spectrogram: 64, emotion: 0, gap: 4, timeline: 0 },
};
const STEP_S = 0.1; // of an arrow key; ten times as much with Shift
const SHORTEST_S = 0.05; // of a stretch: a shorter drag was meant as a click
const TICKS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120];
const REGION = "rgba(120, 170, 255, 0.22)";
const MINUS = "\u2212";

const players = new WeakMap();
const shown = new Set();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".player");
  if (!players.has(root)) players.set(root, new Player(root));
  const player = players.get(root);
  player.send = setTriggerValue;
  try {
    player.show(data);
  } catch (error) {
    // The sound can still be heard, and the page has the numbers as a table.
    root.querySelector("audio").controls = true;
    console.warn("The player shows the sound only:", error);
  }
  return () => {
    player.close();
    players.delete(root);
  };
}

class Player {
  constructor(root) {
    this.root = root;
    for (const name of ["play", "clock", "loop", "zoom", "stretch", "analyze", "whole"])
      this[name + "Control"] = root.querySelector("." + name);
    this.panels = root.querySelector(".panels");
    this.axis = root.querySelector(".axis");
    this.audio = root.querySelector("audio");
    this.region = null;
    this.looping = false;
    this.playControl.onclick = () => this.toggle();
    this.loopControl.onclick = () => this.setLooping(!this.looping);
    this.analyzeControl.onclick = () => this.analyze();
    this.wholeControl.onclick = () => this.takeWhole();
    this.zoomControl.oninput = (event) => this.zoomTo(Number(event.target.value));
    this.panels.onkeydown = (event) => this.press(event);
    root.classList.add("ready");
  }

  // ---- what Python sends ----

  show(data) {
    const isNew = data.id !== this.data?.id || data.compact !== this.data?.compact;
    this.data = data;
    this.heights = HEIGHTS[data.compact ? "compact" : "full"];
    this.root.classList.toggle("compact", data.compact);
    if (isNew) this.load();
    this.drawEmotions();
    this.drawAxis();
    this.applyTheme();
    if (isNew || data.stretch) this.markStretch(data.stretch);
    this.updateControls();
    this.showReadout();
  }

  load() {
    const { data, heights } = this;
    this.close();
    this.audio.setAttribute("aria-label", data.alt);
    this.panels.setAttribute("aria-label", `${data.alt}: playhead`);
    this.panels.setAttribute("aria-valuemax", data.duration_s.toFixed(2));
    const { highest, lowest } = data.waveform ?? { highest: [0, 0], lowest: [0, 0] };
    this.ws = WaveSurfer.create({
      container: this.panels,
      media: this.audio,
      url: data.sound ?? undefined,
      peaks: [Float32Array.from(highest), Float32Array.from(lowest)],
      duration: data.duration_s,
      height: data.waveform ? heights.waveform : 0,
      waveColor: data.color,
      cursorColor: "#fff",
      cursorWidth: data.sound ? 2 : 0,
      interact: Boolean(data.sound),
    });
    this.ws.on("error", (error) => console.warn("The sound cannot be played:", error));
    this.ws.on("timeupdate", (time_s) => this.follow(time_s));
    this.ws.on("interaction", () => this.ws.play());
    this.ws.on("finish", () => this.looping && this.playFrom(this.region?.start ?? 0));
    this.ws.on("play", () => this.silenceOthers());
    for (const event of ["play", "pause"]) this.ws.on(event, () => this.updateControls());
    shown.add(this);
    this.drawPanels();
    if (!data.sound || data.compact) return;
    this.regions = this.ws.registerPlugin(RegionsPlugin.create());
    this.regions.enableDragSelection({ color: REGION });
    this.regions.on("region-created", (region) => this.take(region));
    this.regions.on("region-updated", (region) => this.take(region));
  }

  close() {
    shown.delete(this);
    this.ws?.destroy();
    this.ws = this.regions = this.region = this.timeline = null;
    this.zoomControl.querySelector("input").value = 0;
  }

  // ---- playing ----

  toggle() {
    if (this.ws.isPlaying()) return this.ws.pause();
    const { region } = this;
    const at_s = this.ws.getCurrentTime();
    const inside = region && at_s >= region.start && at_s < region.end - 0.01;
    this.playFrom(region && !inside ? region.start : at_s);
  }

  playFrom(start_s) {
    this.seek(start_s);
    // A page that is left, or an unplugged loudspeaker, is no error of ours.
    this.ws.play().catch(() => {});
  }

  // Not `ws.setTime`: it forgets the second of two quick seeks (wavesurfer.js 8).
  seek(time_s) {
    this.audio.currentTime = Math.min(Math.max(time_s, 0), this.data.duration_s);
    this.showReadout();
  }

  silenceOthers() {
    for (const other of shown) if (other !== this) other.ws.pause();
    for (const audio of document.querySelectorAll("audio")) audio.pause();
  }

  setLooping(looping) {
    this.looping = looping;
    this.updateControls();
  }

  follow(time_s) {
    const { region, ws } = this;
    if (region && ws.isPlaying() && time_s >= region.end && this.wasBefore_s < region.end) {
      if (this.looping) this.seek(region.start);
      else ws.pause();
    }
    this.wasBefore_s = time_s;
    this.showReadout();
  }

  press(event) {
    const { ws, data } = this;
    const step_s = event.shiftKey ? 10 * STEP_S : STEP_S;
    const now_s = ws.getCurrentTime();
    const actions = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.seek(now_s - step_s),
      ArrowRight: () => this.seek(now_s + step_s),
      Home: () => this.seek(0),
      End: () => this.seek(data.duration_s),
      "[": () => this.markStretch([now_s, this.region?.end ?? data.duration_s]),
      "]": () => this.markStretch([this.region?.start ?? 0, now_s]),
      Escape: () => this.takeWhole(),
      Enter: () => this.analyze(),
    };
    if (!data.sound || !actions[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  }

  // ---- the selected stretch ----

  markStretch(stretch) {
    if (!this.regions) return;
    const [start, end] = stretch ?? [0, 0];
    this.quietly(() => {
      this.regions.clearRegions();
      this.region = null;
      if (end - start >= SHORTEST_S)
        this.region = this.regions.addRegion({ start, end, color: REGION });
    });
    this.updateControls();
  }

  take(region) {
    if (this.quiet) return;
    this.quietly(() => {
      for (const other of this.regions.getRegions().slice()) if (other !== region) other.remove();
      if (region.end - region.start < SHORTEST_S) region.remove();
    });
    this.region = this.regions.getRegions().includes(region) ? region : null;
    if (this.region) {
      this.looping = true;
      this.playFrom(region.start);
    }
    this.updateControls();
  }

  quietly(change) {
    this.quiet = true;
    change();
    this.quiet = false;
  }

  analyze() {
    const { region, data } = this;
    if (region && data.can_analyze) this.send("stretch", [region.start, region.end]);
  }

  takeWhole() {
    this.markStretch(null);
    this.setLooping(false);
    if (this.data.stretch) this.send("whole", true);
  }

  // ---- drawing ----

  drawPanels() {
    const { data, heights } = this;
    const { picture } = data;
    const frame = box({ height: `${heights.spectrogram}px`, marginTop: `${heights.gap}px` });
    this.spectrogram = frame;
    this.cells = bytes(picture.cells);
    const share = (seconds) => (100 * seconds) / data.duration_s;
    const canvas = painted(this.cells, bytes(picture.colors), picture);
    Object.assign(canvas.style, {
      left: `${share(picture.start_s)}%`,
      width: `${share(picture.end_s - picture.start_s)}%`,
      height: "100%",
      imageRendering: "auto",
    });
    frame.append(canvas);
    this.emotions = box({});
    this.crosshair = box({
      position: "absolute", top: 0, height: "100%", width: "1px", background: "#fff",
      boxShadow: "0 0 0 0.5px rgba(0, 0, 0, 0.65)", pointerEvents: "none", zIndex: 6,
    });
    this.crosshair.hidden = true;
    const wrapper = this.ws.getWrapper();
    wrapper.append(frame, this.emotions, this.crosshair);
    wrapper.addEventListener("pointermove", (event) => this.showReadout(event));
    wrapper.addEventListener("pointerleave", () => this.showReadout());
    if (!heights.timeline) return;
    this.timelineBox = wrapper.appendChild(box({ height: `${heights.timeline}px` }));
    this.drawTimeline(data.duration_s);
  }

  drawTimeline(visible_s) {
    this.timeline?.destroy();
    const tick_s = TICKS_S.find((step_s) => visible_s / step_s <= 10) ?? TICKS_S.at(-1);
    this.timeline = this.ws.registerPlugin(
      TimelinePlugin.create({
        height: this.heights.timeline,
        container: this.timelineBox,
        duration: this.data.duration_s,
        timeInterval: tick_s,
        primaryLabelInterval: tick_s,
        formatTimeCallback: (time_s) => String(Number(time_s.toFixed(1))),
        style: { fontSize: "13px", color: "inherit" },
      }),
    );
  }

  drawEmotions() {
    const { emotions, duration_s } = this.data;
    const { emotion: row, gap } = this.heights;
    this.emotions.replaceChildren();
    if (!emotions || !row) return;
    const n = emotions.names.length;
    this.shares = bytes(emotions.shares);
    const svg = vector("svg", {
      viewBox: `0 0 ${duration_s} ${n}`, preserveAspectRatio: "none", width: "100%",
      height: n * row,
    });
    svg.style.cssText = `display: block; margin-top: ${gap}px`;
    const step_s = (emotions.end_s - emotions.start_s) / Math.max(emotions.columns - 1, 1);
    emotions.colors.forEach((fill, place) => {
      const base = place + 1;
      let path = `M${emotions.start_s} ${base}`;
      for (let column = 0; column < emotions.columns; column++) {
        const share = this.shares[place * emotions.columns + column] / 255;
        path += `L${emotions.start_s + column * step_s} ${base - 0.9 * share}`;
      }
      svg.append(
        vector("line", {
          x1: 0, x2: duration_s, y1: base, y2: base, stroke: fill, "stroke-width": 1,
          "vector-effect": "non-scaling-stroke",
        }),
        vector("path", { d: `${path}L${emotions.end_s} ${base}Z`, fill }),
      );
    });
    this.emotions.append(svg);
  }

  drawAxis() {
    const { data, heights } = this;
    this.axis.replaceChildren();
    if (data.compact) return;
    const name = (text, top) => {
      const span = document.createElement("span");
      span.textContent = text;
      span.style.top = `${top}px`;
      this.axis.append(span);
    };
    if (data.waveform) name("Amplitude", heights.waveform / 2);
    const top = (data.waveform ? heights.waveform : 0) + heights.gap;
    for (const [share, hz] of data.picture.ticks)
      name(`${hz} Hz`, top + share * heights.spectrogram);
    const below = top + heights.spectrogram + heights.gap;
    const names = data.emotions?.names ?? [];
    names.forEach((text, row) => name(text, below + (row + 0.6) * heights.emotion));
    name("Time (s)", below - (names.length ? 0 : heights.gap) + names.length * heights.emotion + 12);
  }

  applyTheme() {
    const theme = getComputedStyle(this.root);
    this.ws.setOptions({
      progressColor: theme.getPropertyValue("--st-primary-color").trim() || this.data.color,
    });
  }

  zoomTo(power) {
    const visible_s = this.data.duration_s / 2 ** power;
    this.ws.zoom(power ? this.panels.clientWidth / visible_s : 0);
    this.drawTimeline(visible_s);
  }

  updateControls() {
    const { data, region } = this;
    if (!this.ws) return;
    const playing = this.ws.isPlaying();
    this.root.classList.toggle("playing", playing);
    this.playControl.textContent = playing ? "Pause" : "Play";
    this.playControl.hidden = this.clockControl.hidden = !data.sound;
    this.loopControl.hidden = !data.sound;
    this.loopControl.setAttribute("aria-pressed", String(this.looping));
    this.zoomControl.hidden = data.compact || data.duration_s < 5;
    this.analyzeControl.hidden = !region || !data.can_analyze;
    this.wholeControl.hidden = !region && !data.stretch;
    this.stretchControl.value = region
      ? `${region.start.toFixed(2)}–${region.end.toFixed(2)} s`
      : "";
  }

  // ---- time, frequency, level and pitch under the cursor, or at the playhead ----

  showReadout(event) {
    const { data, ws } = this;
    if (!ws) return;
    const now_s = ws.getCurrentTime();
    this.clockControl.value = `${now_s.toFixed(2)} / ${data.duration_s.toFixed(2)} s`;
    const rect = ws.getWrapper().getBoundingClientRect();
    this.crosshair.hidden = !event;
    let time_s = now_s;
    if (event) {
      time_s = ((event.clientX - rect.left) / rect.width) * data.duration_s;
      this.crosshair.style.left = `${event.clientX - rect.left}px`;
    }
    const values = this.valuesAt(time_s, event?.clientY);
    for (const [name, text] of Object.entries(values))
      this.root.querySelector(`.readout .${name}`).textContent = text;
    if (event) return;
    this.panels.setAttribute("aria-valuenow", now_s.toFixed(2));
    this.panels.setAttribute(
      "aria-valuetext",
      `${values.time}, level ${values.level}, pitch ${values.pitch}, ${values.emotion}`,
    );
  }

  valuesAt(time_s, y) {
    const { picture } = this.data;
    const column = clamped(
      ((time_s - picture.start_s) / (picture.end_s - picture.start_s)) * picture.columns,
      picture.columns,
    );
    const rect = this.spectrogram.getBoundingClientRect();
    const row = Math.floor(((y - rect.top) / rect.height) * picture.rows);
    const onPicture = row >= 0 && row < picture.rows;
    const cell = onPicture ? this.cells[row * picture.columns + column] / 255 : 0;
    const level = onPicture ? (cell - 1) * picture.floor_db : picture.levels_db[column];
    const pitch = picture.pitch_hz[column];
    return {
      time: `${time_s.toFixed(2)} s`,
      frequency: onPicture ? `${picture.bands_hz[row]} Hz` : "–",
      level: `${level < -0.5 ? MINUS : ""}${Math.abs(Math.round(level))} dB`,
      pitch: pitch ? `${pitch} Hz` : "none",
      emotion: this.emotionAt(time_s),
    };
  }

  emotionAt(time_s) {
    const { emotions } = this.data;
    if (!emotions || time_s < emotions.start_s || time_s > emotions.end_s) return "–";
    const share = (time_s - emotions.start_s) / (emotions.end_s - emotions.start_s || 1);
    const column = clamped(share * (emotions.columns - 1) + 0.5, emotions.columns);
    const shares = emotions.names.map((_, row) => this.shares[row * emotions.columns + column]);
    const most = Math.max(...shares);
    if (!most) return "–";
    return `${emotions.names[shares.indexOf(most)]} ${Math.round((100 * most) / 255)} %`;
  }
}

function clamped(place, n) {
  return Math.min(Math.max(Math.floor(place), 0), n - 1);
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function box(style) {
  const div = document.createElement("div");
  Object.assign(div.style, { position: "relative", overflow: "hidden" }, style);
  return div;
}

function vector(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function painted(cells, colors, { rows, columns }) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  cells.forEach((cell, i) => {
    image.data.set(colors.subarray(3 * cell, 3 * cell + 3), 4 * i);
    image.data[4 * i + 3] = 255;
  });
  context.putImageData(image, 0, 0);
  return canvas;
}
