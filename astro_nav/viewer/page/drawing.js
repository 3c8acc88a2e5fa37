// Small pieces of drawing: lines, arrows, colours. Lengths come in millimetres.
export const MM = 1000;
export function fitCanvas(canvas) {
  const ratio = devicePixelRatio || 1, box = canvas.getBoundingClientRect();
  const width = Math.max(1, Math.round(box.width * ratio)), height = Math.max(1, Math.round(box.height * ratio));
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  return ratio;
}
export function drawWay(pen, points, begin) {
  pen.beginPath();
  for (let k = begin; k + 1 < points.length; k += 2) pen.lineTo(points[k] / MM, points[k + 1] / MM);
  pen.stroke();
}
export function drawArrow(pen, tail, tip, width, head) {
  const turn = Math.atan2(tip[1] - tail[1], tip[0] - tail[0]);
  pen.lineWidth = width;
  pen.beginPath(); pen.moveTo(...tail); pen.lineTo(tip[0] - 0.6 * head * Math.cos(turn), tip[1] - 0.6 * head * Math.sin(turn)); pen.stroke();
  pen.beginPath();
  pen.moveTo(...tip);
  for (const side of [0.45, -0.45]) pen.lineTo(tip[0] - head * Math.cos(turn + side), tip[1] - head * Math.sin(turn + side));
  pen.closePath(); pen.fill();
}
// The box [x0, y0, x1, y1] of a grid's known cells, in metres from its origin.
export function findKnown(grid) {
  const [width, height] = grid.size, r = grid.resolution;
  let x0 = width, y0 = height, x1 = 0, y1 = 0, at = 0;
  for (let k = 0; k < grid.cells.length; k += 2) {
    const count = grid.cells[k + 1], last = at + count - 1;
    if (grid.cells[k] !== 5) {
      const rows = [Math.floor(at / width), Math.floor(last / width)];
      y0 = Math.min(y0, rows[0]); y1 = Math.max(y1, rows[1]);
      if (rows[0] === rows[1]) { x0 = Math.min(x0, at % width); x1 = Math.max(x1, last % width); } else { x0 = 0; x1 = width - 1; }
    }
    at += count;
  }
  return x0 > x1 ? [0, 0, width * r, height * r] : [x0 * r, y0 * r, (x1 + 1) * r, (y1 + 1) * r];
}
export function readColor(text) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.fillStyle = text;
  return [1, 3, 5].map(k => parseInt(pen.fillStyle.slice(k, k + 2), 16));
}
export const pack = (color, opacity) => ((opacity << 24) | (color[2] << 16) | (color[1] << 8) | color[0]) >>> 0;
