/** Choices of a case drawn at random, the same ones always. */
import { numbers } from "./support.js";

export type Choices = ReturnType<typeof choices>;

export function choices(seed: number) {
  const draws = numbers(200, 0, 1, 7919 * seed);
  const draw = () => draws.pop()!;
  const whole = (low: number, high: number) => low + Math.floor(draw() * (high - low + 1));
  return {
    draw,
    whole,
    one: <T>(...of: readonly T[]): T => of[whole(0, of.length - 1)]!,
    maybe: <T extends object>(value: T): T | object => (draw() < 0.4 ? value : {}),
  };
}
