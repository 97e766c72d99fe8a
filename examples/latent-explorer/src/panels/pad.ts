/** The drawing pad: strokes by pointer or keyboard, and the picture that a model sees of them. */
import type { Vae } from "@vaeport/infer";
import { byId, context2d, isPress } from "../dom.js";
import { digitFrame, wholeFrame } from "../frames.js";
import { scratch } from "../pictures.js";

/** Side of the pad's own pixels. */
const SIDE = 280;
const PEN_WIDTH = 22;
/** What an arrow key moves the pen by, and with Shift. */
const STEP = { coarse: 14, fine: 4 };

interface Point {
  x: number;
  y: number;
}

export interface Pad {
  /** What the model sees, in its own size. */
  readonly seen: HTMLCanvasElement;
  /** Puts a picture of the model's size on the pad. */
  put(picture: ImageData): void;
  /** Sees with this model's eyes. */
  use(vae: Vae): void;
}

/** Brings the pad to life; `onChange` hears of every new picture. */
export function createPad(onChange: () => void): Pad {
  const canvas = byId<HTMLCanvasElement>("pad");
  const seen = byId<HTMLCanvasElement>("seen");
  canvas.width = canvas.height = SIDE;
  const ink = context2d(canvas);
  Object.assign(ink, { lineWidth: PEN_WIDTH, lineCap: "round", lineJoin: "round" });
  ink.strokeStyle = "white";
  let normalise = true;
  /** Whether the pad shows a picture, which the next stroke replaces. */
  let showsPicture = false;

  function look(picture?: ImageData) {
    const view = context2d(seen);
    view.imageSmoothingQuality = "high";
    view.fillRect(0, 0, seen.width, seen.height);
    if (picture) view.putImageData(picture, 0, 0);
    else view.drawImage(canvas, ...(normalise ? digitFrame(ink, seen.width) : wholeFrame(seen)));
    onChange();
  }

  function empty() {
    ink.fillRect(0, 0, SIDE, SIDE);
    showsPicture = false;
  }

  function line(from: Point, to: Point) {
    if (showsPicture) empty();
    ink.beginPath();
    ink.moveTo(from.x, from.y);
    ink.lineTo(to.x + 0.01, to.y); // of a line without length a canvas draws nothing, and of a click a dot is wanted
    ink.stroke();
  }

  function clear() {
    empty();
    look();
  }

  drawByPointer(canvas, line, look);
  drawByKeys(canvas, line, look, clear);
  byId("clear").addEventListener("click", clear);
  empty();

  return {
    seen,
    put(picture) {
      const { canvas: small, context } = scratch(picture.width, picture.height);
      context.putImageData(picture, 0, 0);
      ink.drawImage(small, 0, 0, SIDE, SIDE);
      showsPicture = true;
      look(picture);
    },
    use({ manifest }) {
      const [height, width] = manifest.data.shape as [number, number];
      Object.assign(seen, { width, height });
      normalise = manifest.training.dataset === "mnist";
    },
  };
}

type Line = (from: Point, to: Point) => void;

function drawByPointer(canvas: HTMLCanvasElement, line: Line, done: () => void): void {
  let last: Point | undefined;
  const place = ({ clientX, clientY }: PointerEvent): Point => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return { x: ((clientX - left) / width) * SIDE, y: ((clientY - top) / height) * SIDE };
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (!isPress(event)) return;
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    line(last, last);
    done();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last || !event.isPrimary) return;
    for (const passed of event.getCoalescedEvents?.() ?? [event]) {
      const next = place(passed);
      line(last, next);
      last = next;
    }
    done();
  });
  for (const end of ["pointerup", "pointercancel"] as const) {
    canvas.addEventListener(end, (event) => {
      if (event.isPrimary) last = undefined;
    });
  }
}

const ARROWS: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

function drawByKeys(
  canvas: HTMLCanvasElement,
  line: Line,
  done: () => void,
  clear: () => void,
): void {
  const pen = byId("pen");
  let at = { x: SIDE / 2, y: SIDE / 4 };
  let down = false;
  function show() {
    pen.style.left = `${(100 * at.x) / SIDE}%`;
    pen.style.top = `${(100 * at.y) / SIDE}%`;
    pen.classList.toggle("down", down);
  }
  show();
  canvas.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? STEP.fine : STEP.coarse;
      const inside = (value: number) => Math.min(SIDE, Math.max(0, value));
      const next = { x: inside(at.x + arrow.x * step), y: inside(at.y + arrow.y * step) };
      if (down) line(at, next);
      at = next;
    } else if (event.key === " ") {
      down = !down;
      if (down) line(at, at);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      clear();
    } else {
      return;
    }
    event.preventDefault();
    show();
    if (down) done();
  });
  canvas.addEventListener("blur", () => {
    down = false;
    show();
  });
}
